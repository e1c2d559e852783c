/**
 * Owns selections and gives their content to the programs that ask (ICCCM, sections 2.1 to 2.5 and 2.7.2).
 *
 * What does not fit into one request is sent incrementally: a piece for each that the asking program has taken. A program
 * that stops asking, or dies, costs a timer.
 */
import { withDeadline } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { X11Connection } from "./requests.ts";
import type {
  ClipboardFormat,
  SelectionAtom,
  SelectionRequest,
  SelectionRequests,
} from "./selections.ts";

/** Content by format. */
export type ClipboardContents = ReadonlyMap<ClipboardFormat, Uint8Array>;

/** Transfers that may be under way; one more is refused. */
const maxTransfers = 32;
/**
 * Bytes that transfers may keep, each content counted once: programs that take their time hold what they began with, also
 * when it is not offered any more. Two of the largest contents there are; a transfer that would keep more is refused.
 */
export const maxTransferBytes = 134_217_728;

interface Owned {
  time: number;
  contents: ClipboardContents;
}

interface Transfer {
  readonly request: SelectionRequest;
  readonly type: number;
  readonly content: Uint8Array;
  sentBytes: number;
  timer: NodeJS.Timeout;
}

/** See the module's description. */
export class SelectionOwner {
  readonly #requests: SelectionRequests;
  readonly #transferIdleMs: number;
  readonly #answerMs: number;
  readonly #owned = new Map<number, Owned>();
  /** By window and property of the program that asked. */
  readonly #transfers = new Map<string, Transfer>();
  readonly #stop: (() => void)[];
  #asksTime: PromiseWithResolvers<number> | undefined;

  /** @param deadlines.transferIdleMs how long a program may leave a piece alone. */
  constructor(
    connection: X11Connection,
    requests: SelectionRequests,
    deadlines: { answerMs: number; transferIdleMs: number },
  ) {
    this.#requests = requests;
    this.#answerMs = deadlines.answerMs;
    this.#transferIdleMs = deadlines.transferIdleMs;
    this.#stop = [
      connection.onEvent((event) => {
        switch (event.kind) {
          case "selection-request":
            if (event.owner === requests.window) this.#onRequest(event);
            break;
          case "selection-clear":
            if (event.owner === requests.window) this.#onClear(event);
            break;
          case "property":
            this.#onProperty(event);
            break;
          case "destroy":
            this.#onDestroyed(event.window);
            break;
          default:
        }
      }),
      connection.onClosed(() => {
        this.close();
      }),
    ];
  }

  /**
   * Becomes the owner of `selections` with `contents`, which must not be changed afterwards.
   * @throws StreamSpaceError `no-selection` where somebody else was quicker; `timeout`, `closed`.
   */
  async own(
    selections: readonly number[],
    contents: ClipboardContents,
  ): Promise<void> {
    const time = await this.#time();
    for (const selection of selections) {
      this.#owned.set(selection, { time, contents });
      this.#requests.setOwner(selection, time);
    }
    for (const selection of selections) {
      const owner = await this.#inTime(this.#requests.ownerOf(selection));
      if (owner === this.#requests.window) continue;
      this.#owned.delete(selection);
      throw new StreamSpaceError(
        "no-selection",
        "another program took the selection at the same time",
      );
    }
  }

  /** What we offer as `selection`, or `undefined` where somebody else does. */
  contents(selection: number): ClipboardContents | undefined {
    return this.#owned.get(selection)?.contents;
  }

  /** Ends all transfers; idempotent. */
  close(): void {
    for (const stop of this.#stop.splice(0)) stop();
    for (const { timer } of this.#transfers.values()) clearTimeout(timer);
    this.#transfers.clear();
    this.#owned.clear();
    this.#asksTime?.reject(
      new StreamSpaceError("closed", "the display is gone"),
    );
    this.#asksTime = undefined;
  }

  /** ICCCM 2.1: ownership is taken with a time of the server, never with "now". */
  async #time(): Promise<number> {
    this.#asksTime ??= Promise.withResolvers<number>();
    const { promise } = this.#asksTime;
    promise.catch(() => undefined); // Whoever waits hears of it.
    this.#requests.touch(this.#requests.atoms._STREAMSPACE_TIME);
    return await this.#inTime(promise);
  }

  #inTime<T>(answer: Promise<T>): Promise<T> {
    return withDeadline(answer, {
      timeoutMs: this.#answerMs,
      what: "an answer of the X server",
    });
  }

  #onClear({ selection, time }: { selection: number; time: number }): void {
    const owned = this.#owned.get(selection);
    // One of an earlier ownership may come late.
    if (owned !== undefined && (time === 0 || isAtLeast(time, owned.time)))
      this.#owned.delete(selection);
  }

  #onRequest(request: SelectionRequest): void {
    const owned = this.#owned.get(request.selection);
    const isTooOld =
      owned !== undefined &&
      request.time !== 0 &&
      !isAtLeast(request.time, owned.time);
    // ICCCM 2.2: programs from before it name no property and expect it to be the target.
    const property = request.property === 0 ? request.target : request.property;
    const asked = { ...request, property };
    if (owned === undefined || isTooOld || !this.#give(asked, owned))
      this.#requests.answer(request, 0);
  }

  #give(request: SelectionRequest, { time, contents }: Owned): boolean {
    const { atoms } = this.#requests;
    const { requestor, property, target } = request;
    if (target === atoms.TIMESTAMP) {
      this.#requests.writeProperty(requestor, property, atoms.INTEGER, [time]);
    } else if (target === atoms.TARGETS) {
      const targets = targetsOf(contents).map((name) => atoms[name]);
      this.#requests.writeProperty(requestor, property, atoms.ATOM, targets);
    } else {
      const given = this.#contentFor(target, contents);
      if (given === undefined) return false;
      if (given.content.length > this.#requests.chunkBytes)
        return this.#begin(request, given);
      const { type, content } = given;
      this.#requests.writeProperty(requestor, property, type, content);
    }
    this.#requests.answer(request, property);
    return true;
  }

  #contentFor(
    target: number,
    contents: ClipboardContents,
  ): { type: number; content: Uint8Array } | undefined {
    const { atoms } = this.#requests;
    const name = targetsOf(contents).find((each) => atoms[each] === target);
    switch (name) {
      case "image/png":
        return contentOf(contents.get("png"), target);
      case "text/html":
        return contentOf(contents.get("html"), target);
      case "STRING":
        return contentOf(latin1Of(contents.get("text")), target);
      case "TEXT":
        return contentOf(contents.get("text"), atoms.UTF8_STRING);
      case "UTF8_STRING":
      case "text/plain":
      case "text/plain;charset=utf-8":
        return contentOf(contents.get("text"), target);
      default:
        return undefined;
    }
  }

  #begin(
    request: SelectionRequest,
    { type, content }: { type: number; content: Uint8Array },
  ): boolean {
    const { requestor, property } = request;
    const key = keyOf(requestor, property);
    if (this.#transfers.size >= maxTransfers || this.#transfers.has(key))
      return false;
    if (this.#bytesWith(content) > maxTransferBytes) return false;
    const timer = setTimeout(() => {
      this.#end(key);
    }, this.#transferIdleMs);
    this.#transfers.set(key, { request, type, content, sentBytes: 0, timer });
    const { atoms } = this.#requests;
    this.#requests.followWindow(requestor, true);
    this.#requests.writeProperty(requestor, property, atoms.INCR, [
      content.length,
    ]);
    this.#requests.answer(request, property);
    return true;
  }

  /** What transfers keep, with one of `content` among them. */
  #bytesWith(content: Uint8Array): number {
    const all = new Set([content]);
    for (const transfer of this.#transfers.values()) all.add(transfer.content);
    let bytes = 0;
    for (const { length } of all) bytes += length;
    return bytes;
  }

  #onProperty(event: {
    window: number;
    atom: number;
    time: number;
    deleted: boolean;
  }): void {
    const { window, atom, time, deleted } = event;
    if (window === this.#requests.window) {
      if (!deleted && atom === this.#requests.atoms._STREAMSPACE_TIME)
        this.#onTime(time);
      return;
    }
    const key = keyOf(window, atom);
    const transfer = deleted ? this.#transfers.get(key) : undefined;
    if (transfer !== undefined) this.#sendPiece(key, transfer);
  }

  #onTime(time: number): void {
    this.#asksTime?.resolve(time);
    this.#asksTime = undefined;
  }

  #sendPiece(key: string, transfer: Transfer): void {
    const { request, type, content, sentBytes } = transfer;
    const piece = content.subarray(
      sentBytes,
      sentBytes + this.#requests.chunkBytes,
    );
    const { requestor, property } = request;
    // The last piece is empty, which says that it was the last.
    this.#requests.writeProperty(requestor, property, type, piece);
    transfer.sentBytes += piece.length;
    transfer.timer.refresh();
    if (piece.length === 0) this.#end(key);
  }

  #onDestroyed(window: number): void {
    for (const [key, { request }] of this.#transfers)
      if (request.requestor === window) this.#end(key, false);
  }

  #end(key: string, follow = true): void {
    const transfer = this.#transfers.get(key);
    if (transfer === undefined) return;
    clearTimeout(transfer.timer);
    this.#transfers.delete(key);
    const { requestor } = transfer.request;
    const others = [...this.#transfers.values()].some(
      ({ request }) => request.requestor === requestor,
    );
    if (follow && !others) this.#requests.followWindow(requestor, false);
  }
}

function keyOf(window: number, property: number): string {
  return `${window}:${property}`;
}

function contentOf(
  content: Uint8Array | undefined,
  type: number,
): { type: number; content: Uint8Array } | undefined {
  return content === undefined ? undefined : { type, content };
}

/** What can be asked for, the best first. */
export function targetsOf(contents: ClipboardContents): SelectionAtom[] {
  const text = contents.get("text");
  return [
    "TARGETS",
    "TIMESTAMP",
    ...(contents.has("png") ? (["image/png"] as const) : []),
    ...(contents.has("html") ? (["text/html"] as const) : []),
    ...(text === undefined
      ? []
      : ([
          "UTF8_STRING",
          "text/plain;charset=utf-8",
          "text/plain",
          "TEXT",
        ] as const)),
    ...(latin1Of(text) === undefined ? [] : (["STRING"] as const)),
  ];
}

/** Longer text is not looked at: whoever asks for STRING is old, and asks for little. */
const maxLatin1Bytes = 65_536;

/** STRING is Latin-1 (ICCCM 2.7.1); `undefined` where UTF-8 text does not fit into it. */
function latin1Of(text: Uint8Array | undefined): Uint8Array | undefined {
  if (text === undefined || text.length > maxLatin1Bytes) return undefined;
  const words = Buffer.from(text).toString("utf8");
  for (let at = 0; at < words.length; at += 1)
    if (words.charCodeAt(at) > 0xff) return undefined;
  return Buffer.from(words, "latin1");
}

/** Times of an X server wrap around after 49 days (ICCCM 2.1). */
function isAtLeast(time: number, other: number): boolean {
  return (time - other) >>> 0 < 2 ** 31;
}
