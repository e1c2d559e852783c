/**
 * Keys as an X client reads them: what a key press means by the keyboard map of that time.
 *
 * For the demo desktop and the X clients of the tests. Like Xlib, it reads the map again at each
 * MappingNotify before it looks at the next event.
 */
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import { caseOf, keysyms, keysymToCodePoint } from "./keysym.ts";
import type {
  InputEvent,
  KeyboardMapping,
  X11Connection,
  X11Event,
} from "./requests.ts";

const shiftMask = 1;
const lockMask = 2;
const mod5Mask = 128;
/** Events that wait for a map; more means that the server does not answer any more. */
const maxWaiting = 4096;

export interface KeyMeaning {
  keysym: number;
  /** What a program without an input method takes the key for; empty for keys without a character. */
  text: string;
}

/** Finds what a key means: pure; as Xlib with XKB does for maps of up to two groups and four levels. */
export function lookUp(
  mapping: KeyboardMapping,
  keycode: number,
  state: number,
): KeyMeaning {
  const row = mapping.rows[keycode - mapping.minKeycode] ?? [];
  const group = ((state >> 13) & 3) === 1 ? 2 : 0;
  const level3 =
    (state & mod5Mask) !== 0 && (row[group + 4] ?? 0) !== 0 ? 4 : 0;
  const plain = row[group + level3] ?? 0;
  const shifted = row[group + level3 + 1] ?? 0;
  const lock = (state & lockMask) !== 0;
  const isLetter = shifted !== plain && caseOf(plain)?.upper === shifted;
  const up = ((state & shiftMask) !== 0) !== (lock && isLetter);
  const keysym = up && shifted !== 0 ? shifted : plain;
  // Xlib applies Caps Lock itself where the type of the key did not.
  const upper = lock && !isLetter ? caseOf(keysym)?.upper : undefined;
  return { keysym, text: textOf(upper ?? keysym) };
}

function textOf(keysym: number): string {
  if (keysym === keysyms.backSpace) return "\b";
  if (keysym === keysyms.tab) return "\t";
  if (keysym === keysyms.return) return "\r";
  const codePoint = keysymToCodePoint(keysym);
  return codePoint === undefined ? "" : String.fromCodePoint(codePoint);
}

/**
 * Calls `onInput` for each input event, in order; `key` comes with key events.
 *
 * The connection must not have asked for XKB events. Ends with the connection.
 * @throws StreamSpaceError `closed`.
 */
export async function readKeys(
  connection: X11Connection,
  onInput: (event: InputEvent, key: KeyMeaning | undefined) => void,
): Promise<void> {
  let mapping = await connection.keyboard.getMapping();
  const waiting: X11Event[] = [];
  let reads = 0;
  const isReading = (): boolean => reads > 0;

  const take = (event: X11Event): void => {
    if (event.kind === "mapping") {
      reads += 1;
      readMapping().catch((error: unknown) => {
        if (error instanceof StreamSpaceError && error.code === "closed")
          return; // No more events will come.
        throw new StreamSpaceError("internal", messageOf(error), {
          cause: error,
        });
      });
    } else if ("detail" in event) {
      const isKey = event.kind === "key-press" || event.kind === "key-release";
      onInput(
        event,
        isKey ? lookUp(mapping, event.detail, event.state) : undefined,
      );
    }
  };
  const readMapping = async (): Promise<void> => {
    mapping = await connection.keyboard.getMapping();
    reads -= 1;
    for (let event = waiting.shift(); event; event = waiting.shift()) {
      take(event);
      if (isReading()) return;
    }
  };
  connection.onEvent((event) => {
    if (!isReading()) take(event);
    else if (waiting.length < maxWaiting) waiting.push(event);
  });
}
