/**
 * The clipboard of one X display: what its programs have copied, and what we offer them.
 *
 * Nothing is polled: XFIXES says when a selection has another owner. A connection of its own is meant for it, so that
 * contents never stand in the way of input.
 */
import { withDeadline } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { X11Connection } from "./requests.ts";
import { SelectionOwner, type ClipboardContents } from "./selection-owner.ts";
import { SelectionReader, type IncomingSelection } from "./selection-reader.ts";
import {
  clipboardFormats,
  type ClipboardFormat,
  type SelectionAtom,
  type SelectionRequests,
} from "./selections.ts";

/** The two selections that people know. */
export const clipboardSelections = ["clipboard", "primary"] as const;
/** `clipboard` is what is copied, `primary` what is marked. */
export type ClipboardSelection = (typeof clipboardSelections)[number];

/** Deadlines in milliseconds; those of tests may be shorter. */
export interface ClipboardDeadlines {
  answerMs: number;
  pieceMs: number;
  transferIdleMs: number;
}
const usualDeadlines: ClipboardDeadlines = {
  answerMs: 3_000,
  pieceMs: 5_000,
  transferIdleMs: 10_000,
};

/** One format that a program offers. */
export interface OfferedFormat {
  format: ClipboardFormat;
  /** Exact. */
  bytes: number;
  /** There where it has no more bytes than were asked for. */
  content?: Uint8Array;
}

/** Targets of each format, the best first. */
const targetsOfFormat: Readonly<
  Record<ClipboardFormat, readonly SelectionAtom[]>
> = {
  text: ["UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "STRING"],
  html: ["text/html"],
  png: ["image/png"],
};

/** Most of a list of targets that is read. */
const maxTargetsBytes = 65_536;

/**
 * Opens the clipboard of a display.
 * @throws StreamSpaceError `display-unreachable` where the server has no XFIXES; `closed`, `timeout`.
 */
export async function openX11Clipboard(
  connection: X11Connection,
  options: {
    selections: readonly ClipboardSelection[];
    deadlines?: ClipboardDeadlines;
  },
): Promise<X11Clipboard> {
  const { deadlines = usualDeadlines } = options;
  const requests = await withDeadline(connection.openSelections(), {
    timeoutMs: deadlines.answerMs,
    what: "the opening of the clipboard",
  });
  return new X11Clipboard(connection, requests, {
    selections: options.selections,
    deadlines,
  });
}

/** See the module's description. */
export class X11Clipboard {
  readonly #requests: SelectionRequests;
  readonly #selections: readonly ClipboardSelection[];
  readonly #reader: SelectionReader;
  readonly #owner: SelectionOwner;
  readonly #listeners = new Set<(selection: ClipboardSelection) => void>();
  readonly #stopEvents: () => void;

  constructor(
    connection: X11Connection,
    requests: SelectionRequests,
    options: {
      selections: readonly ClipboardSelection[];
      deadlines: ClipboardDeadlines;
    },
  ) {
    this.#requests = requests;
    this.#selections = options.selections;
    this.#reader = new SelectionReader(connection, requests, options.deadlines);
    this.#owner = new SelectionOwner(connection, requests, options.deadlines);
    this.#stopEvents = connection.onEvent((event) => {
      if (event.kind !== "selection-owner") return;
      if (event.owner === requests.window) return;
      const changed = this.#selections.find(
        (selection) => this.#atomOf(selection) === event.selection,
      );
      if (changed === undefined) return;
      for (const listener of [...this.#listeners]) listener(changed);
    });
    for (const selection of options.selections)
      requests.watchSelection(this.#atomOf(selection));
  }

  /** Called when another program owns a selection, or nobody does; must not throw. */
  onChange(listener: (selection: ClipboardSelection) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * What the owner of a selection offers, and the content of what is small.
   *
   * The size of large content is found without reading it here. Formats whose content does not come are left out; so
   * is text in Latin-1 alone that has more than `eagerBytes`.
   * @throws StreamSpaceError `no-selection` where nobody owns it; `timeout`, `closed`, `aborted`.
   */
  async inspect(
    selection: ClipboardSelection,
    options: { eagerBytes: number; signal?: AbortSignal },
  ): Promise<OfferedFormat[]> {
    const offered: OfferedFormat[] = [];
    const targets = await this.#targets(selection, options.signal);
    for (const format of clipboardFormats) {
      const found = await this.#inspectFormat(
        { selection, format, targets },
        options,
      );
      if (found !== undefined) offered.push(found);
    }
    return offered;
  }

  /**
   * The content of one format.
   * @throws StreamSpaceError `no-selection` where the owner does not give it; `timeout`, `closed`, `aborted`.
   */
  async read(
    selection: ClipboardSelection,
    format: ClipboardFormat,
    signal?: AbortSignal,
  ): Promise<IncomingSelection> {
    const targets = await this.#targets(selection, signal);
    const target = this.#bestTarget(format, targets);
    if (target === undefined)
      throw new StreamSpaceError(
        "no-selection",
        `it is not there as ${format}`,
      );
    return await this.#convert(selection, target, signal);
  }

  /**
   * Offers `contents` to the session's programs, as each of the selections.
   * @throws StreamSpaceError `no-selection`, `timeout`, `closed`.
   */
  async write(contents: ClipboardContents): Promise<void> {
    const selections = this.#selections.map((each) => this.#atomOf(each));
    await this.#owner.own(selections, contents);
  }

  /** Ends everything under way; idempotent. The connection stays. */
  close(): void {
    this.#stopEvents();
    this.#listeners.clear();
    this.#reader.close();
    this.#owner.close();
    this.#requests.destroy();
  }

  #atomOf(selection: ClipboardSelection): number {
    const { CLIPBOARD, PRIMARY } = this.#requests.atoms;
    return selection === "clipboard" ? CLIPBOARD : PRIMARY;
  }

  #convert(
    selection: ClipboardSelection,
    target: number,
    signal: AbortSignal | undefined,
  ): Promise<IncomingSelection> {
    return this.#reader.convert(this.#atomOf(selection), target, {
      time: 0,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #targets(
    selection: ClipboardSelection,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlySet<number>> {
    const { atoms } = this.#requests;
    const incoming = await this.#convert(selection, atoms.TARGETS, signal);
    if (incoming.bytes > maxTargetsBytes) {
      await incoming.discard(signal);
      throw new StreamSpaceError("no-selection", "it has too many targets");
    }
    const list = await gather(incoming, maxTargetsBytes, signal);
    const targets = new Set<number>();
    for (let at = 0; at + 4 <= list.length; at += 4)
      targets.add(list.readUInt32LE(at));
    return targets;
  }

  #bestTarget(
    format: ClipboardFormat,
    targets: ReadonlySet<number>,
  ): number | undefined {
    const { atoms } = this.#requests;
    return targetsOfFormat[format]
      .map((name) => atoms[name])
      .find((atom) => targets.has(atom));
  }

  async #inspectFormat(
    asked: {
      selection: ClipboardSelection;
      format: ClipboardFormat;
      targets: ReadonlySet<number>;
    },
    options: { eagerBytes: number; signal?: AbortSignal },
  ): Promise<OfferedFormat | undefined> {
    const { format } = asked;
    const { eagerBytes, signal } = options;
    const target = this.#bestTarget(format, asked.targets);
    if (target === undefined) return undefined;
    try {
      const incoming = await this.#convert(asked.selection, target, signal);
      const isLatin1 = incoming.type === this.#requests.atoms.STRING;
      if (incoming.bytes > eagerBytes) {
        const bytes = await incoming.discard(signal);
        return isLatin1 ? undefined : { format, bytes };
      }
      return await this.#gatherSmall(incoming, { format, isLatin1 }, options);
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }

  async #gatherSmall(
    incoming: IncomingSelection,
    { format, isLatin1 }: { format: ClipboardFormat; isLatin1: boolean },
    options: { eagerBytes: number; signal?: AbortSignal },
  ): Promise<OfferedFormat | undefined> {
    const { eagerBytes, signal } = options;
    // The owner may have promised less than it sends: then the rest is counted, not kept.
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of incoming.chunks(signal)) {
      bytes += part.length;
      if (bytes <= eagerBytes) parts.push(part);
      else parts.length = 0;
    }
    if (bytes > eagerBytes) return isLatin1 ? undefined : { format, bytes };
    const content = Buffer.concat(parts);
    if (!isLatin1) return { format, bytes, content };
    const utf8 = Buffer.from(content.toString("latin1"), "utf8");
    return { format, bytes: utf8.length, content: utf8 };
  }
}

/** All of some content; what goes beyond `maxBytes` is dropped. */
async function gather(
  incoming: IncomingSelection,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming.chunks(signal)) {
    bytes += part.length;
    if (bytes > maxBytes) break;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function isRefusal(error: unknown): boolean {
  return error instanceof StreamSpaceError && error.code === "no-selection";
}
