/**
 * From keys of viewers to key presses of the X server, as every VNC server does it: find the key that has
 * the symbol, hold the modifiers that it needs, lend a keycode to a symbol that no key has.
 *
 * Pure but for its sink. Times are milliseconds of a monotonic clock that the caller reads.
 *
 * Key repeat: a browser repeats a held key, and so does the X server. Here the server does it: a second
 * press of a held key is dropped. So the rate is the one that the session is set to (`xset r rate`), it does
 * not stutter with the network, and programs see a key that is held. The one exception are symbols for
 * which modifiers had to be faked: the server would repeat them without these, as another symbol. Such a key
 * is struck (pressed and released at once), never held, and each repetition of the browser strikes it again.
 */
import { HeldCounts } from "./held-counts.ts";
import type { Keymap, KeyPlan, LevelState } from "./keymap.ts";
import type { KeyboardState } from "./requests.ts";
import { SpareKeycodes } from "./spare-keycodes.ts";

/** Where key events go, in this order, at once. */
export interface KeySink {
  fakeKey(keycode: number, pressed: boolean): void;
  /** Gives a keycode new keysyms. */
  setRow(keycode: number, row: readonly number[]): void;
}

/** What became of a press. `wait`: nothing was done; try again at that time. */
export type PressResult =
  | { kind: "done" }
  | { kind: "wait"; untilMs: number }
  | { kind: "dropped"; reason: "no-keycode" | "too-many-keys" };

/** Keys that one viewer holds, by `KeyboardEvent.code`. */
export type SeatKeys = Map<string, { keycode: number; struck: boolean }>;

/** Nobody has more fingers; the bound is for viewers that send nonsense. */
export const maxKeysPerSeat = 64;

const lockMask = 1 << 1;
const done: PressResult = { kind: "done" };

export class KeyboardInjector {
  readonly #sink: KeySink;
  readonly #spare = new SpareKeycodes();
  readonly #counts = new HeldCounts();
  #keymap: Keymap;
  #capsLock = false;
  #numLock = false;
  #group = 0;

  constructor(sink: KeySink, keymap: Keymap) {
    this.#sink = sink;
    this.#keymap = keymap;
    this.#spare.adopt(unusedOf(keymap), 0);
  }

  /** Counts the keycodes lent so far; goes with a map that is read, see {@link adoptKeymap}. */
  get revision(): number {
    return this.#spare.revision;
  }

  /** Whether anybody holds a key. */
  get holdsKeys(): boolean {
    return this.#counts.held().length > 0;
  }

  /** Takes a new map; `revision` is what {@link revision} was when the map was asked for. */
  adoptKeymap(keymap: Keymap, revision: number): void {
    this.#keymap = keymap;
    for (const { keycode, row } of this.#spare.adopt(
      unusedOf(keymap),
      revision,
    ))
      keymap.setRow(keycode, row);
  }

  /** Takes the state of locks and group from the server. */
  adoptState(state: KeyboardState): void {
    this.#capsLock = (state.modifiers & lockMask) !== 0;
    this.#numLock = (state.modifiers & this.#keymap.numLockMask) !== 0;
    this.#group = state.group;
  }

  /** Whether this key changes what {@link adoptState} is told; the caller should ask the server. */
  isLock(keycode: number): boolean {
    return (
      this.#keymap.capsLockKeycodes.has(keycode) ||
      this.#keymap.numLockKeycodes.has(keycode)
    );
  }

  press(
    seat: SeatKeys,
    key: { keysym: number; code: string },
    nowMs: number,
  ): PressResult {
    const held = seat.get(key.code);
    if (held && !held.struck) return done;
    if (!held && seat.size >= maxKeysPerSeat)
      return { kind: "dropped", reason: "too-many-keys" };
    const found = this.#find(key.keysym, nowMs);
    if ("kind" in found) return found;
    this.#spare.touch(found.keycode, nowMs);
    if (found.shift === undefined && found.level3 === undefined) {
      seat.set(key.code, { keycode: found.keycode, struck: false });
      this.#hold(found.keycode);
    } else {
      seat.set(key.code, { keycode: found.keycode, struck: true });
      this.#strike(found);
    }
    return done;
  }

  /**
   * Releases what was pressed for `code`, whatever it means by now: a viewer who lets go of Shift first sends
   * another keysym with the release. Ignored without a press.
   */
  release(seat: SeatKeys, code: string, nowMs: number): void {
    const held = seat.get(code);
    if (!held) return;
    seat.delete(code);
    if (held.struck) return;
    this.#spare.touch(held.keycode, nowMs);
    if (this.#counts.remove(held.keycode)) this.#fake(held.keycode, false);
  }

  releaseAll(seat: SeatKeys, nowMs: number): void {
    for (const code of [...seat.keys()]) this.release(seat, code, nowMs);
  }

  /** Takes the keysyms off all lent keycodes again. */
  returnLentKeycodes(): void {
    for (const { keycode, row } of this.#spare.lent())
      this.#sink.setRow(
        keycode,
        row.map(() => 0),
      );
  }

  #find(keysym: number, nowMs: number): KeyPlan | PressResult {
    const plan = this.#keymap.find(keysym, this.#levelState());
    if (plan) return plan;
    const lending = this.#spare.lend(keysym, nowMs, (keycode) =>
      this.#counts.has(keycode),
    );
    if (lending.kind === "wait") return lending;
    if (lending.kind === "none")
      return { kind: "dropped", reason: "no-keycode" };
    this.#keymap.setRow(lending.keycode, lending.row);
    this.#sink.setRow(lending.keycode, lending.row);
    return (
      this.#keymap.find(keysym, this.#levelState()) ?? {
        kind: "dropped",
        reason: "no-keycode",
      }
    );
  }

  #hold(keycode: number): void {
    const first = this.#counts.add(keycode);
    // Somebody holds this key already, and the server takes no press of a key that is down: the letter of the
    // second viewer would be lost. Modifiers stay down, they type nothing.
    if (!first && this.#keymap.isModifier(keycode)) return;
    if (!first) this.#fake(keycode, false);
    this.#fake(keycode, true);
  }

  #strike(plan: KeyPlan): void {
    const { shiftKeycodes, level3Keycodes } = this.#keymap;
    const restoreShift = this.#fakeModifier(shiftKeycodes, plan.shift);
    const restoreLevel3 = this.#fakeModifier(level3Keycodes, plan.level3);
    const isHeld = this.#counts.has(plan.keycode);
    if (isHeld) this.#fake(plan.keycode, false);
    this.#fake(plan.keycode, true);
    // Held by somebody else: it stays down, as its holder has it.
    if (!isHeld) this.#fake(plan.keycode, false);
    restoreLevel3();
    restoreShift();
  }

  /** Brings a modifier into the state `wanted`; returns how to undo that. */
  #fakeModifier(
    keycodes: readonly number[],
    wanted: boolean | undefined,
  ): () => void {
    if (wanted === undefined) return () => undefined;
    const first = keycodes[0];
    const changed = wanted
      ? first === undefined
        ? []
        : [first]
      : keycodes.filter((keycode) => this.#counts.has(keycode));
    for (const keycode of changed) this.#fake(keycode, wanted);
    return () => {
      for (const keycode of changed) this.#fake(keycode, !wanted);
    };
  }

  #levelState(): LevelState {
    const isHeld = (keycode: number): boolean => this.#counts.has(keycode);
    return {
      shift: this.#keymap.shiftKeycodes.some(isHeld),
      level3: this.#keymap.level3Keycodes.some(isHeld),
      capsLock: this.#capsLock,
      numLock: this.#numLock,
      group: this.#group,
    };
  }

  #fake(keycode: number, pressed: boolean): void {
    this.#sink.fakeKey(keycode, pressed);
  }
}

function unusedOf(keymap: Keymap): {
  unused: readonly number[];
  row(keycode: number): readonly number[];
} {
  return {
    unused: keymap.unusedKeycodes(),
    row: (keycode) => keymap.row(keycode),
  };
}
