/**
 * What a viewer is told unasked: the health of the session, the size of its screen, and a ping to see whether it is
 * still there.
 */
import { limits } from "./protocol.ts";
import type { ViewerHost } from "./viewer-host.ts";
import type { ViewerLine } from "./viewer-line.ts";

/** Health changes in bursts when something dies; viewers get one snapshot for a burst. */
const healthDebounceMs = 200;

/** See the module's description. Tells changes from its making on. */
export class ViewerNews {
  readonly #host: ViewerHost;
  readonly #line: ViewerLine;
  readonly #stopHealth: () => void;
  readonly #stopScreen: () => void;
  readonly #pingTimer: NodeJS.Timeout;
  #healthTimer: NodeJS.Timeout | undefined;
  #pingId = 0;
  /** The size that the viewer was told last. */
  #toldScreen: { width: number; height: number };

  constructor(host: ViewerHost, line: ViewerLine) {
    this.#host = host;
    this.#line = line;
    this.#toldScreen = host.screen();
    this.#stopHealth = host.onHealth(() => {
      this.#healthChanged();
    });
    this.#stopScreen = host.onScreen(() => {
      this.#tellScreen();
    });
    this.#pingTimer = setInterval(() => {
      this.#ping();
    }, limits.pingIntervalMs);
  }

  /** The size of the screen, as the viewer knows it. */
  get screen(): { width: number; height: number } {
    return this.#toldScreen;
  }

  /** Tells the health as it is now. */
  tellHealth(): void {
    this.#line.send({ type: "health", health: this.#host.health() });
  }

  /** Idempotent. */
  close(): void {
    clearTimeout(this.#healthTimer);
    clearInterval(this.#pingTimer);
    this.#stopHealth();
    this.#stopScreen();
  }

  #ping(): void {
    if (this.#line.silenceMs() > limits.pingTimeoutMs) {
      this.#line.refuse(
        "timeout",
        "nothing was heard of the viewer",
        "timeout",
      );
      return;
    }
    this.#pingId += 1;
    this.#line.send({ type: "ping", id: this.#pingId });
  }

  #healthChanged(): void {
    this.#healthTimer ??= setTimeout(() => {
      this.#healthTimer = undefined;
      this.#tellScreen();
      this.tellHealth();
    }, healthDebounceMs);
  }

  /** A display that was started anew, or attached to, may have another size than before. */
  #tellScreen(): void {
    const { width, height } = this.#host.screen();
    const told = this.#toldScreen;
    if (width === told.width && height === told.height) return;
    this.#toldScreen = { width, height };
    this.#line.send({ type: "screen", width, height });
  }
}
