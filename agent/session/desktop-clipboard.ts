/**
 * The session's clipboard, over restarts of its display: what its programs offer now, announced to those who follow it.
 *
 * When a selection has a new owner, its formats and sizes are found and what is small is kept, but only while somebody
 * wants to know. Large contents are read when they are asked for, and are not kept.
 */
import { StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { ClipboardContents } from "../x11/selection-owner.ts";
import type { ClipboardFormat } from "../x11/selections.ts";
import type {
  ClipboardSelection,
  OfferedFormat,
  X11Clipboard,
} from "../x11/x11-clipboard.ts";

/** What the session offers. */
export interface ClipboardOffer {
  /** Grows with each change. */
  readonly serial: number;
  readonly selection: ClipboardSelection;
  /** When it was copied, on the clock of `performance.now()`; 0 where that was before the agent looked. */
  readonly changedMs: number;
  /** Empty where there is nothing any more. Sizes are exact. */
  readonly formats: readonly { format: ClipboardFormat; bytes: number }[];
}

/** Content on its way out of the session. */
export interface OutgoingContent {
  readonly bytes: number;
  /** To be iterated once, where it is not there in one piece. */
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Somebody who follows the clipboard. */
export interface ClipboardFollower {
  /** Whether it would do anything with an offer now. */
  wants(): boolean;
  /** Must not throw. */
  onOffer(offer: ClipboardOffer): void;
}

/** Programs take a selection several times in a row, and marking text does so at each motion. */
const quietMs = 30;
/** A change that came while others kept coming is looked at after this long all the same. */
const maxDelayMs = 300;

interface Current {
  readonly offer: ClipboardOffer;
  readonly contents: ReadonlyMap<ClipboardFormat, Uint8Array>;
}

/** What a page knows of another session must not pass for this one's. */
const firstSerial = (): number => Date.now() * 1_000;

function nothing(serial: number): Current {
  return {
    offer: { serial, selection: "clipboard", changedMs: 0, formats: [] },
    contents: new Map(),
  };
}

/** See the module's description. */
export class DesktopClipboard {
  readonly #log: Logger;
  readonly #eagerBytes: number;
  readonly #followers = new Set<ClipboardFollower>();
  #display: { clipboard: X11Clipboard; stop: () => void } | undefined;
  #serial = firstSerial();
  #current = nothing(this.#serial);
  /** The selection that changed and was not looked at. */
  #unread: ClipboardSelection | undefined;
  #unreadSinceMs = 0;
  #changedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #inspecting: AbortController | undefined;

  /** @param options.eagerBytes content of at most this size is kept. */
  constructor(options: { log: Logger; eagerBytes: number }) {
    this.#log = options.log;
    this.#eagerBytes = options.eagerBytes;
  }

  /** The display is there. */
  attach(clipboard: X11Clipboard): void {
    this.detach();
    const stop = clipboard.onChange((selection) => {
      this.#changed(selection);
    });
    this.#display = { clipboard, stop };
    // Its programs may have copied something before.
    this.#changed("clipboard");
    this.#changedMs = 0;
  }

  /**
   * The display is gone, and what its programs have copied; idempotent.
   * @param gone does nothing where another one has taken its place.
   */
  detach(gone?: X11Clipboard): void {
    if (gone !== undefined && gone !== this.#display?.clipboard) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unread = undefined;
    this.#stopInspecting();
    if (this.#display === undefined) return;
    const { clipboard, stop } = this.#display;
    this.#display = undefined;
    stop();
    clipboard.close();
    this.#offer("clipboard", []);
  }

  /** The latest offer; `undefined` where something has changed and is looked at now, of which followers will hear. */
  current(): ClipboardOffer | undefined {
    if (this.#unread === undefined && this.#inspecting === undefined)
      return this.#current.offer;
    this.#schedule();
    return undefined;
  }

  follow(follower: ClipboardFollower): () => void {
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
    };
  }

  /**
   * The content of one format of the offer `serial`.
   * @throws StreamSpaceError `no-selection` where it is outdated or its owner does not give it; `timeout`, `closed`,
   * `aborted`.
   */
  async read(
    serial: number,
    format: ClipboardFormat,
    signal: AbortSignal,
  ): Promise<OutgoingContent> {
    const { offer, contents } = this.#current;
    const listed = offer.formats.find((each) => each.format === format);
    if (offer.serial !== serial || listed === undefined)
      throw new StreamSpaceError("no-selection", "there is something newer");
    const kept = contents.get(format);
    if (kept !== undefined) return { bytes: kept.length, content: kept };
    const incoming = await this.#present().read(
      offer.selection,
      format,
      signal,
    );
    if (this.#current.offer.serial !== serial) {
      incoming.discard().catch(() => undefined); // Its owner's end is of no interest.
      throw new StreamSpaceError("no-selection", "there is something newer");
    }
    const { bytes } = listed;
    return { bytes, content: exactly(bytes, incoming.chunks(signal)) };
  }

  /**
   * Offers `contents`, which must not be changed afterwards, to the session's programs, and announces them to all
   * followers but `from`.
   * @returns the serial of the offer.
   * @throws StreamSpaceError `no-selection`, `display-unreachable`, `timeout`, `closed`.
   */
  async write(
    contents: ClipboardContents,
    from: ClipboardFollower,
  ): Promise<number> {
    await this.#present().write(contents);
    // What was changed before this is older.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unread = undefined;
    this.#stopInspecting();
    this.#changedMs = performance.now();
    const formats = [...contents].map(([format, content]) => ({
      ...{ format, content },
      bytes: content.length,
    }));
    return this.#offer("clipboard", formats, from);
  }

  #present(): X11Clipboard {
    if (this.#display !== undefined) return this.#display.clipboard;
    throw new StreamSpaceError(
      "display-unreachable",
      "the display is being started",
    );
  }

  #stopInspecting(): void {
    this.#inspecting?.abort();
    this.#inspecting = undefined;
  }

  #changed(selection: ClipboardSelection): void {
    this.#stopInspecting();
    this.#changedMs = performance.now();
    if (this.#unread === undefined) this.#unreadSinceMs = this.#changedMs;
    this.#unread = selection;
    // What is offered is not what is there.
    if (this.#current.offer.formats.length > 0) this.#forget();
    this.#schedule();
  }

  /** The old offer cannot be fetched any more; nobody is told before it is known what takes its place. */
  #forget(): void {
    this.#serial += 1;
    this.#current = nothing(this.#serial);
  }

  #schedule(): void {
    if (this.#unread === undefined) return;
    if (![...this.#followers].some((follower) => follower.wants())) return;
    const waitedMs = performance.now() - this.#unreadSinceMs;
    const delayMs = Math.max(Math.min(quietMs, maxDelayMs - waitedMs), 0);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#inspect();
    }, delayMs);
  }

  /** Never rejects. */
  async #inspect(): Promise<void> {
    const selection = this.#unread;
    const clipboard = this.#display?.clipboard;
    if (selection === undefined || clipboard === undefined) return;
    this.#unread = undefined;
    const inspecting = new AbortController();
    this.#stopInspecting();
    this.#inspecting = inspecting;
    const { signal } = inspecting;
    let formats: OfferedFormat[] = [];
    try {
      formats = await clipboard.inspect(selection, {
        eagerBytes: this.#eagerBytes,
        signal,
      });
    } catch (error) {
      // A selection without an owner, or with one that hangs, is one that offers nothing.
      if (!signal.aborted)
        this.#log.debug(
          { reason: error instanceof Error ? error.message : "unknown" },
          "the clipboard could not be read",
        );
    }
    if (signal.aborted) return;
    this.#inspecting = undefined;
    this.#offer(selection, formats);
  }

  #offer(
    selection: ClipboardSelection,
    formats: readonly OfferedFormat[],
    from?: ClipboardFollower,
  ): number {
    this.#serial += 1;
    const contents = new Map<ClipboardFormat, Uint8Array>();
    for (const { format, content } of formats)
      if (content !== undefined) contents.set(format, content);
    const offer: ClipboardOffer = {
      serial: this.#serial,
      selection,
      changedMs: this.#changedMs,
      formats: formats.map(({ format, bytes }) => ({ format, bytes })),
    };
    this.#current = { offer, contents };
    for (const follower of [...this.#followers])
      if (follower !== from && follower.wants()) follower.onOffer(offer);
    return this.#serial;
  }
}

/** An owner may give something else than at the first time, and the receiver waits for what was announced. */
async function* exactly(
  bytes: number,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let given = 0;
  for await (const chunk of chunks) {
    given += chunk.length;
    yield chunk;
  }
  if (given !== bytes)
    throw new StreamSpaceError("no-selection", "the content has changed");
}
