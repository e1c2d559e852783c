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
import {
  bitsOf,
  modifierMasks,
  type Keymap,
  type KeyPlan,
  type LevelState,
} from "./keymap.ts";
import { latinKeysymOf } from "./latin-keys.ts";
import type { KeyboardState } from "./requests.ts";
import { SpareKeycodes, type Lending } from "./spare-keycodes.ts";

/** Where key events go, in this order, at once. */
export interface KeySink {
  fakeKey(keycode: number, pressed: boolean): void;
  /** Gives keycodes from `first` on new keysyms. */
  setRows(first: number, rows: readonly (readonly number[])[]): void;
  /** Locks or unlocks the modifiers of `mask`; those in `locked` are on afterwards. */
  setLocks(mask: number, locked: number): void;
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

/** Modifiers with which a key is a command rather than a character: Control, Alt, Super. */
const commandMasks = modifierMasks.control | (1 << 3) | (1 << 6);
const done: PressResult = { kind: "done" };

/**
 * The keyboard that all seats share: a key is down for as long as any of them holds it. See the module's description.
 * Never throws; what cannot be pressed is told by the result of {@link KeyboardInjector.press}.
 */
export class KeyboardInjector {
  readonly #sink: KeySink;
  readonly #spare = new SpareKeycodes();
  readonly #counts = new HeldCounts();
  #keymap: Keymap;
  /** Which locks are on, as bits. */
  #locked = 0;
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
    this.#locked = state.modifiers & this.#keymap.lockMasks;
    this.#group = state.group;
  }

  /** Whether this key changes what {@link adoptState} is told; the caller should ask the server. */
  isLock(keycode: number): boolean {
    return (
      this.#keymap.capsLockKeycodes.has(keycode) ||
      this.#keymap.numLockKeycodes.has(keycode)
    );
  }

  /**
   * Sets the locks of the session as those of the viewer's keyboard are. A lock that no key of the map has is left alone.
   * @returns whether that changed anything; what the server makes of it is {@link adoptState}'s to say.
   */
  setLocks(locks: {
    capsLock: boolean;
    numLock?: boolean | undefined;
  }): boolean {
    const { capsLockKeycodes, numLockMask } = this.#keymap;
    const caps = capsLockKeycodes.size > 0 ? modifierMasks.lock : 0;
    const num = locks.numLock === undefined ? 0 : numLockMask;
    const wanted =
      (locks.capsLock ? caps : 0) | (locks.numLock === true ? num : 0);
    const changed = (this.#locked ^ wanted) & (caps | num);
    if (changed === 0) return false;
    this.#lock(changed, wanted & changed);
    return true;
  }

  /**
   * Lends keycodes to those of the keysyms that no key has, as many as are free, so that clients read the map once for all of
   * them.
   */
  prepare(wanted: readonly number[], nowMs: number): void {
    const rows = new Map<number, readonly number[]>();
    for (const keysym of new Set(wanted)) {
      if (this.#keymap.find(keysym, this.#levelState())) continue;
      const lending = this.#lend(keysym, nowMs);
      if (lending.kind !== "lent") break;
      this.#keymap.setRow(lending.keycode, lending.row);
      rows.set(lending.keycode, lending.row);
    }
    for (const { first, rows: run } of runsOf(rows))
      this.#sink.setRows(first, run);
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
    const found = this.#find(key, nowMs);
    if ("kind" in found) return found;
    this.#spare.touch(found.keycode, nowMs);
    if (found.on === 0 && found.off === 0) {
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
      this.#sink.setRows(keycode, [row.map(() => 0)]);
  }

  #find(
    { keysym, code }: { keysym: number; code: string },
    nowMs: number,
  ): KeyPlan | PressResult {
    const state = this.#levelState();
    const plan = this.#keymap.find(keysym, state);
    if (plan) return plan;
    if ((state.modifiers & commandMasks) !== 0) {
      // Control and a Cyrillic letter: programs know the command by its Latin letter.
      const latin = latinKeysymOf(keysym, code);
      const command = latin && this.#keymap.find(latin, state);
      if (command) return command;
    }
    const lending = this.#lend(keysym, nowMs);
    if (lending.kind === "wait") return lending;
    if (lending.kind === "none")
      return { kind: "dropped", reason: "no-keycode" };
    this.#keymap.setRow(lending.keycode, lending.row);
    this.#sink.setRows(lending.keycode, [lending.row]);
    return (
      this.#keymap.find(keysym, state) ?? {
        kind: "dropped",
        reason: "no-keycode",
      }
    );
  }

  #lend(keysym: number, nowMs: number): Lending {
    return this.#spare.lend(keysym, nowMs, (keycode) =>
      this.#counts.has(keycode),
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

  #strike({ keycode, on, off }: KeyPlan): void {
    const locks = (on | off) & this.#keymap.lockMasks;
    if (locks !== 0) this.#lock(locks, on & locks);
    const changed = [
      ...bitsOf(off & ~locks).flatMap((bit) => this.#releaseModifier(bit)),
      ...bitsOf(on & ~locks).flatMap((bit) => this.#pressModifier(bit)),
    ];
    const isHeld = this.#counts.has(keycode);
    if (isHeld) this.#fake(keycode, false);
    this.#fake(keycode, true);
    // Held by somebody else: it stays down, as its holder has it.
    if (!isHeld) this.#fake(keycode, false);
    for (const { keycode: modifier, pressed } of changed.reverse())
      this.#fake(modifier, !pressed);
    if (locks !== 0) this.#lock(locks, off & locks);
  }

  #pressModifier(bit: number): { keycode: number; pressed: boolean }[] {
    const keycode = this.#keymap.keycodesOf(bit)[0];
    if (keycode === undefined) return [];
    this.#fake(keycode, true);
    return [{ keycode, pressed: true }];
  }

  #releaseModifier(bit: number): { keycode: number; pressed: boolean }[] {
    const held = this.#keymap
      .keycodesOf(bit)
      .filter((keycode) => this.#counts.has(keycode));
    for (const keycode of held) this.#fake(keycode, false);
    return held.map((keycode) => ({ keycode, pressed: false }));
  }

  #lock(mask: number, locked: number): void {
    this.#locked = (this.#locked & ~mask) | locked;
    this.#sink.setLocks(mask, locked);
  }

  #levelState(): LevelState {
    let modifiers = this.#locked;
    for (const keycode of this.#counts.held()) {
      // What a held lock key does is the server's to say.
      if (!this.isLock(keycode)) modifiers |= this.#keymap.modifiersOf(keycode);
    }
    return { modifiers, group: this.#group };
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

/** Joins rows of neighbouring keycodes. */
function runsOf(
  rows: ReadonlyMap<number, readonly number[]>,
): { first: number; rows: (readonly number[])[] }[] {
  const runs: { first: number; rows: (readonly number[])[] }[] = [];
  for (const keycode of [...rows.keys()].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    const row = rows.get(keycode) ?? [];
    if (run && keycode === run.first + run.rows.length) run.rows.push(row);
    else runs.push({ first: keycode, rows: [row] });
  }
  return runs;
}
