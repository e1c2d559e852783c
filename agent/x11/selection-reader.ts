/**
 * Reads selections that other programs own (ICCCM, sections 2.4 and 2.7.2), of any size and never for longer than a
 * deadline.
 *
 * Content comes in pieces: as the owner sends it (INCR), or as parts of one property. The owner of content that comes
 * incrementally waits until a piece is taken, so that nothing piles up here. What is not wanted is deleted piece by piece
 * without being read: an owner that is left in the middle of a transfer may wait for the rest of its life.
 */
import { withDeadline } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { X11Connection } from "./requests.ts";
import type { SelectionRequests } from "./selections.ts";

/** Bytes of a property that are read at a time. */
export const partBytes = 262_144;

/** Deadlines in milliseconds. */
export interface SelectionDeadlines {
  /** Until the owner has answered. */
  answerMs: number;
  /** Until the next piece of content is there. */
  pieceMs: number;
}

/** What waits for an event. */
interface Slot {
  readonly property: number;
  /** Answers that are waited for, and what they are to. */
  asked: { selection: number; target: number } | undefined;
  answered: boolean | undefined;
  /** Pieces that have come and were not looked at yet. */
  pieces: number;
  wake: (() => void) | undefined;
}

/** Content that an owner gives. Either {@link chunks} or {@link discard} is to be called. */
export interface IncomingSelection {
  /** Atom of the type that the owner says. */
  readonly type: number;
  /** Exact where {@link isIncremental} is false, else what the owner believes it is at least. */
  readonly bytes: number;
  readonly isIncremental: boolean;
  /**
   * The content; to be iterated once. Leaving early discards the rest.
   * @throws StreamSpaceError `timeout`, `closed`, `aborted`.
   */
  chunks(signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined>;
  /**
   * Lets the owner finish while nothing is read.
   * @returns the exact size in bytes.
   * @throws StreamSpaceError as {@link chunks}.
   */
  discard(signal?: AbortSignal): Promise<number>;
}

/** See the module's description. */
export class SelectionReader {
  readonly #requests: SelectionRequests;
  readonly #deadlines: SelectionDeadlines;
  /** The one that was used longest ago first: a late answer must not meet a new question. */
  readonly #free: number[];
  readonly #busy = new Map<number, Slot>();
  readonly #stop: (() => void)[];

  constructor(
    connection: X11Connection,
    requests: SelectionRequests,
    deadlines: SelectionDeadlines,
  ) {
    this.#requests = requests;
    this.#deadlines = deadlines;
    this.#free = [...requests.slots];
    this.#stop = [
      connection.onEvent((event) => {
        if (event.kind === "selection-notify") {
          if (event.requestor === requests.window) this.#onAnswer(event);
        } else if (event.kind === "property") {
          if (event.window === requests.window && !event.deleted)
            this.#onPiece(event.atom);
        }
      }),
      connection.onClosed(() => {
        this.close();
      }),
    ];
  }

  /**
   * Asks the owner of `selection` for `target`.
   * @param options.time of the server, or 0 for now.
   * @throws StreamSpaceError `no-selection` where nobody gives it; `timeout`, `closed`, `aborted`.
   */
  async convert(
    selection: number,
    target: number,
    options: { time: number; signal?: AbortSignal },
  ): Promise<IncomingSelection> {
    const slot = this.#take();
    try {
      const { property } = slot;
      slot.asked = { selection, target };
      this.#requests.deleteProperty(property);
      const { time } = options;
      this.#requests.convert({ selection, target, property, time });
      await this.#wait(slot, {
        until: () => slot.answered !== undefined,
        timeoutMs: this.#deadlines.answerMs,
        what: "an answer of the selection's owner",
        signal: options.signal,
      });
      if (slot.answered !== true)
        throw new StreamSpaceError(
          "no-selection",
          "its owner does not give it",
        );
      const head = await this.#read(property, 0, 4, false);
      const isIncremental = head.type === this.#requests.atoms.INCR;
      const bytes = isIncremental
        ? estimateOf(head.data)
        : head.data.length + head.bytesAfter;
      // What came before the answer is the announcement, not a piece.
      slot.pieces = 0;
      return this.#incoming(slot, { type: head.type, bytes, isIncremental });
    } catch (error) {
      this.#release(slot);
      throw error;
    }
  }

  /** Ends all waits; idempotent. */
  close(): void {
    for (const stop of this.#stop.splice(0)) stop();
    for (const slot of [...this.#busy.values()]) {
      this.#busy.delete(slot.property);
      slot.wake?.();
    }
    this.#free.length = 0;
  }

  #incoming(
    slot: Slot,
    facts: Pick<IncomingSelection, "type" | "bytes" | "isIncremental">,
  ): IncomingSelection {
    const { isIncremental } = facts;
    const discard = async (signal?: AbortSignal): Promise<number> => {
      try {
        if (isIncremental) return await this.#discardPieces(slot, signal);
        return facts.bytes;
      } finally {
        this.#release(slot);
      }
    };
    const pieces = (signal?: AbortSignal): AsyncGenerator<Buffer, boolean> =>
      isIncremental
        ? this.#pieces(slot, signal)
        : this.#parts(slot.property, true);
    async function* chunks(signal?: AbortSignal): AsyncGenerator<Buffer, void> {
      let isWhole = false;
      let hasFailed = false;
      try {
        isWhole = yield* pieces(signal);
      } catch (error) {
        hasFailed = !(
          error instanceof StreamSpaceError && error.code === "aborted"
        );
        throw error;
      } finally {
        const rest = isWhole || hasFailed ? release() : discard();
        // The consumer has left or has its error; the owner's is of no interest.
        rest.catch(() => undefined);
      }
    }
    const release = (): Promise<void> => {
      this.#release(slot);
      return Promise.resolve();
    };
    return { ...facts, chunks, discard };
  }

  /** @returns true at the end of the content. */
  async *#pieces(
    slot: Slot,
    signal?: AbortSignal,
  ): AsyncGenerator<Buffer, boolean> {
    this.#requests.deleteProperty(slot.property);
    for (;;) {
      await this.#nextPiece(slot, signal);
      let bytes = 0;
      for await (const part of this.#parts(slot.property, false)) {
        bytes += part.length;
        if (part.length > 0) yield part;
      }
      if (bytes === 0) return true;
    }
  }

  async #discardPieces(slot: Slot, signal?: AbortSignal): Promise<number> {
    let bytes = 0;
    this.#requests.deleteProperty(slot.property);
    for (;;) {
      await this.#nextPiece(slot, signal);
      const { data, bytesAfter } = await this.#read(slot.property, 0, 0, false);
      this.#requests.deleteProperty(slot.property);
      const piece = data.length + bytesAfter;
      if (piece === 0) return bytes;
      bytes += piece;
    }
  }

  /** The parts of a property, which is deleted with the last one. */
  async *#parts(
    property: number,
    skipEmpty: boolean,
  ): AsyncGenerator<Buffer, boolean> {
    for (let offset = 0; ; offset += partBytes) {
      const part = await this.#read(property, offset, partBytes, true);
      if (part.data.length > 0 || !skipEmpty) yield part.data;
      if (part.bytesAfter === 0) return true;
    }
  }

  #nextPiece(slot: Slot, signal: AbortSignal | undefined): Promise<void> {
    return this.#wait(slot, {
      until: () => {
        if (slot.pieces === 0) return false;
        slot.pieces -= 1;
        return true;
      },
      timeoutMs: this.#deadlines.pieceMs,
      what: "more content of a selection",
      signal,
    });
  }

  #read(
    property: number,
    offset: number,
    bytes: number,
    remove: boolean,
  ): ReturnType<SelectionRequests["readProperty"]> {
    return withDeadline(
      this.#requests.readProperty(property, { offset, bytes, remove }),
      {
        timeoutMs: this.#deadlines.answerMs,
        what: "an answer of the X server",
      },
    );
  }

  async #wait(
    slot: Slot,
    options: {
      until: () => boolean;
      timeoutMs: number;
      what: string;
      signal: AbortSignal | undefined;
    },
  ): Promise<void> {
    const { until, timeoutMs, what, signal } = options;
    for (;;) {
      if (this.#busy.get(slot.property) !== slot)
        throw new StreamSpaceError("closed", "the display is gone");
      if (until()) return;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      slot.wake = () => {
        resolve(undefined);
      };
      await withDeadline(promise, {
        ...{ timeoutMs, what },
        ...(signal === undefined ? {} : { signal }),
      });
    }
  }

  #onAnswer(event: {
    selection: number;
    target: number;
    property: number;
  }): void {
    const slot =
      event.property === 0
        ? this.#refusedBy(event)
        : this.#busy.get(event.property);
    if (slot?.asked === undefined) return;
    slot.asked = undefined;
    slot.answered = event.property !== 0;
    slot.wake?.();
  }

  /** A refusal does not name the property. */
  #refusedBy(event: { selection: number; target: number }): Slot | undefined {
    for (const slot of this.#busy.values())
      if (
        slot.asked?.selection === event.selection &&
        slot.asked.target === event.target
      )
        return slot;
    return undefined;
  }

  #onPiece(property: number): void {
    const slot = this.#busy.get(property);
    if (slot === undefined) return;
    slot.pieces += 1;
    slot.wake?.();
  }

  #take(): Slot {
    const property = this.#free.shift();
    if (property === undefined)
      throw new StreamSpaceError(
        "no-selection",
        "too many transfers are under way, or the display is gone",
      );
    const slot: Slot = {
      property,
      ...{ asked: undefined, answered: undefined, wake: undefined },
      pieces: 0,
    };
    this.#busy.set(property, slot);
    return slot;
  }

  #release(slot: Slot): void {
    if (this.#busy.get(slot.property) !== slot) return;
    this.#busy.delete(slot.property);
    this.#requests.deleteProperty(slot.property);
    this.#free.push(slot.property);
  }
}

function estimateOf(data: Buffer): number {
  return data.length >= 4 ? data.readUInt32LE(0) : 0;
}
