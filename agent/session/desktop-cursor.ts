/**
 * What the pointer of the session looks like, whichever X server shows it.
 */
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Cursor, CursorSource } from "../../signaling/features/cursor.ts";
import { CursorCache } from "../../signaling/protocol/cursor-cache.ts";
import type { X11Connection } from "../x11/connection.ts";
import type { CursorRequests } from "../x11/cursor-requests.ts";
import { cursorPicture } from "./cursor-picture.ts";

/** Applications change cursors as fast as they like; faster than this nobody sees it. */
const leastIntervalMs = 10;

/** Follows the cursor of the display that is attached. */
export class DesktopCursor implements CursorSource {
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  #following: Following | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The display is there. Without XFIXES its cursor stays unknown. Never rejects. */
  async attach(connection: X11Connection): Promise<void> {
    this.detach();
    const cursor = await this.#open(connection);
    if (cursor === undefined) return;
    const following = new Following({
      connection,
      cursor,
      log: this.#log,
      onChange: () => {
        if (this.#following !== following) return;
        for (const listener of [...this.#listeners]) listener();
      },
    });
    this.#following = following;
  }

  async #open(connection: X11Connection): Promise<CursorRequests | undefined> {
    try {
      return await connection.openCursor();
    } catch (error) {
      this.#log.warn(
        { reason: messageOf(error) },
        "viewers see an ordinary cursor",
      );
      return undefined;
    }
  }

  /** The display is gone. Viewers keep its last cursor until the next one has another. */
  detach(): void {
    this.#following?.close();
    this.#following = undefined;
  }

  current(): Cursor | null | undefined {
    return this.#following?.current;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

/** The cursor of one display. */
class Following {
  current: Cursor | null | undefined;
  readonly #cursor: CursorRequests;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #stop: () => void;
  /** Pictures by serial number. */
  readonly #known = new CursorCache<{ cursor: Cursor | null }>();
  #isAsking = false;
  #isStale = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: {
    connection: X11Connection;
    cursor: CursorRequests;
    log: Logger;
    onChange: () => void;
  }) {
    this.#cursor = options.cursor;
    this.#log = options.log;
    this.#onChange = options.onChange;
    this.#stop = options.connection.onEvent((event) => {
      if (event.kind === "cursor") this.#changed();
    });
    this.#cursor.selectEvents();
    this.#changed();
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#timer);
    this.#isAsking = true; // So that nothing is asked any more.
  }

  /** Asks once at a time, and at intervals; changes that come meanwhile are one. */
  #changed(): void {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#isStale = false;
    void this.#ask();
  }

  /** Never rejects. */
  async #ask(): Promise<void> {
    try {
      const image = await this.#cursor.getImage();
      const key = String(image.serial);
      const known = this.#known.use(key) ?? { cursor: cursorPicture(image) };
      this.#known.remember(key, known);
      this.current = known.cursor;
      this.#onChange();
    } catch (error) {
      // A display that has ended is attached anew; a refusal leaves the cursor as it was.
      this.#log.debug({ reason: messageOf(error) }, "no picture of the cursor");
    }
    this.#timer = setTimeout(() => {
      this.#isAsking = false;
      if (this.#isStale) this.#changed();
    }, leastIntervalMs);
  }
}
