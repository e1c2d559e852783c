/**
 * The size and the resolution of the session's screen, whichever X server has it: a wish outlives the server.
 */
import { setTimeout as delay } from "node:timers/promises";
import { withDeadline } from "../base/deadline.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type {
  ResizableScreen,
  ScreenWish,
} from "../../signaling/features/resize.ts";
import type { ScreenLimits } from "../../signaling/protocol/resize.ts";
import type { X11Connection } from "../x11/connection.ts";
import type { RandrRequests } from "../x11/randr-requests.ts";
import { scaledDpi, screenGeometry } from "./desktop-scale.ts";
import { ToolkitSettings } from "./toolkit-settings.ts";

/** How long an X server may take for a resize. */
const resizeTimeoutMs = 2_000;
/** Between two resizes; windows are laid out anew by each. */
const leastIntervalMs = 30;

/** Which parts of a display are the session's to change. */
export interface ScreenPolicy {
  /** Whether the screen has other sizes than the one it came with. */
  follows: boolean;
  limits: ScreenLimits;
  /** Dots per inch of a desktop that is not scaled. */
  dpi: number;
  /** The first size; `undefined` leaves a display as it is, its resolution too, until somebody wishes. */
  initial: { width: number; height: number } | undefined;
}

interface Attached {
  connection: X11Connection;
  randr: RandrRequests | undefined;
  toolkits: ToolkitSettings;
  stop: () => void;
}

/** See the module's description. */
export class DesktopScreen implements ResizableScreen {
  readonly #policy: ScreenPolicy;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  #attached: Attached | undefined;
  #wish: ScreenWish | undefined;
  #applied: ScreenWish | undefined;
  #work: Promise<void> | undefined;

  constructor(options: { policy: ScreenPolicy; log: Logger }) {
    this.#policy = options.policy;
    this.#log = options.log;
    const { initial } = options.policy;
    if (initial !== undefined) this.#wish = { ...initial, scale: 1 };
  }

  /** Whether {@link resize} does something. */
  get follows(): boolean {
    return this.#policy.follows;
  }

  get limits(): ScreenLimits {
    return this.#policy.limits;
  }

  /**
   * The display is there; gives it the size that was wished last.
   * @throws StreamSpaceError `display-unreachable` where an own display does not take it; `closed`, `timeout`.
   */
  async attach(connection: X11Connection): Promise<void> {
    this.detach();
    const randr = this.#policy.follows
      ? await connection.openRandr()
      : undefined;
    const stop = connection.onEvent((event) => {
      if (event.kind === "configure" && event.window === connection.root)
        for (const listener of [...this.#listeners]) listener();
    });
    const toolkits = new ToolkitSettings(connection, this.#log);
    this.#attached = { connection, randr, toolkits, stop };
    this.#applied = undefined; // By this display.
    await this.#settle();
  }

  /** The display is gone. */
  detach(): void {
    this.#attached?.stop();
    this.#attached?.toolkits.close();
    this.#attached = undefined;
  }

  /** Calls `listener` when the screen may have another size; returns the function that ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async resize(wish: ScreenWish): Promise<void> {
    this.#wish = wish;
    if (this.#attached !== undefined) await this.#settle();
  }

  /** One at a time; of the wishes that come meanwhile the last one counts. */
  async #settle(): Promise<void> {
    this.#work ??= this.#applyAll().finally(() => {
      this.#work = undefined;
    });
    await this.#work;
  }

  async #applyAll(): Promise<void> {
    while (this.#wish !== undefined && this.#wish !== this.#applied) {
      const attached = this.#attached;
      if (attached === undefined) return;
      const wish = this.#wish;
      try {
        await this.#apply(wish, attached);
      } catch (error) {
        // The next display must not fail on it too.
        if (this.#wish === wish) this.#wish = this.#applied;
        throw error;
      }
      this.#applied = wish;
      if (this.#wish !== wish) await delay(leastIntervalMs);
    }
  }

  async #apply(wish: ScreenWish, attached: Attached): Promise<void> {
    const { connection, randr, toolkits } = attached;
    const dpi = scaledDpi(this.#policy.dpi, wish.scale);
    const { screen } = connection;
    const isSame =
      screen.width === wish.width &&
      screen.height === wish.height &&
      toolkits.dpi === dpi;
    if (randr !== undefined && !isSame) {
      await withDeadline(randr.setScreen(screenGeometry(wish, dpi)), {
        timeoutMs: resizeTimeoutMs,
        what: "another size of the screen",
      });
      this.#log.debug({ ...wish, dpi }, "the screen was resized");
    }
    try {
      await toolkits.apply(dpi);
    } catch (error) {
      // The screen has its size; fonts of another one are no reason to say that it has not.
      this.#log.warn(
        { reason: messageOf(error) },
        "the resolution could not be told to applications",
      );
    }
  }
}
