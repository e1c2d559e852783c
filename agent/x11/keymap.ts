/**
 * From a keysym to the key that gives it, and to the modifiers that must be held for it. Pure.
 *
 * The model is the core protocol's view of an XKB map: each keycode has a row of keysyms, in which group 1
 * has places 0 and 1 (plain, Shift) and 4 and 5 (AltGr, AltGr+Shift), group 2 has 2, 3, 6 and 7. A server
 * repeats group 1 in the places of group 2 where a key has no second group. Whoever replaces this by the
 * real XKB types and groups replaces {@link Keymap.find} and keeps {@link KeyPlan}.
 */
import {
  canonicalKeysym,
  caseOf,
  isKeypad,
  isLevelSensitive,
  keysyms,
} from "./keysym.ts";
import type { KeyboardMapping } from "./requests.ts";

/** The modifiers that choose a level, as they are at this moment. */
export interface LevelState {
  shift: boolean;
  /** AltGr, ISO_Level3_Shift. */
  level3: boolean;
  capsLock: boolean;
  numLock: boolean;
  /** XKB group, 0 or 1; higher ones are not in the core map. */
  group: number;
}

/** How to give a keysym. `undefined`: leave that modifier as it is. */
export interface KeyPlan {
  keycode: number;
  shift: boolean | undefined;
  level3: boolean | undefined;
}

interface Place {
  keycode: number;
  column: number;
}

const lockRow = 1;
const firstModRow = 3;

export class Keymap {
  readonly #rows = new Map<number, readonly number[]>();
  readonly #places = new Map<number, Place[]>();
  readonly #modifierKeycodes: ReadonlySet<number>;
  /** Keycodes that act as Shift and as AltGr; the first of each is the one to fake. */
  readonly shiftKeycodes: readonly number[];
  readonly level3Keycodes: readonly number[];
  readonly capsLockKeycodes: ReadonlySet<number>;
  readonly numLockKeycodes: ReadonlySet<number>;
  /** Bit of Num Lock in a modifier mask, 0 without one. */
  readonly numLockMask: number;

  constructor(mapping: KeyboardMapping) {
    mapping.rows.forEach((row, index) => {
      this.setRow(mapping.minKeycode + index, row);
    });
    const modifiers = mapping.modifiers.map((row) =>
      row.filter((keycode) => keycode !== 0),
    );
    const all = modifiers.flat();
    const acting = (keysym: number): number[] =>
      all.filter((keycode) => this.#rows.get(keycode)?.[0] === keysym);
    this.#modifierKeycodes = new Set(all);
    this.shiftKeycodes = modifiers[0] ?? [];
    this.level3Keycodes = acting(keysyms.isoLevel3Shift);
    this.capsLockKeycodes = new Set(
      (modifiers[lockRow] ?? []).filter(
        (keycode) => this.#rows.get(keycode)?.[0] === keysyms.capsLock,
      ),
    );
    const numLock = acting(keysyms.numLock);
    this.numLockKeycodes = new Set(numLock);
    const row = modifiers.findIndex(
      (keycodes, index) =>
        index >= firstModRow && keycodes.some((k) => numLock.includes(k)),
    );
    this.numLockMask = row === -1 ? 0 : 1 << row;
  }

  /** Whether the key is Shift, Control, a lock or another modifier. */
  isModifier(keycode: number): boolean {
    return this.#modifierKeycodes.has(keycode);
  }

  row(keycode: number): readonly number[] {
    return this.#rows.get(keycode) ?? [];
  }

  /** Keycodes without any keysym, highest first: the low ones are what programs know as real keys. */
  unusedKeycodes(): number[] {
    return [...this.#rows]
      .filter(
        ([keycode, row]) =>
          row.every((keysym) => keysym === keysyms.noSymbol) &&
          !this.isModifier(keycode),
      )
      .map(([keycode]) => keycode)
      .sort((a, b) => b - a);
  }

  /** Replaces the keysyms of one keycode. */
  setRow(keycode: number, row: readonly number[]): void {
    for (const keysym of this.#rows.get(keycode) ?? []) {
      const key = canonicalKeysym(keysym);
      const left = this.#places
        .get(key)
        ?.filter((place) => place.keycode !== keycode);
      if (left?.length) this.#places.set(key, left);
      else this.#places.delete(key);
    }
    this.#rows.set(keycode, [...row]);
    row.forEach((keysym, column) => {
      if (keysym === keysyms.noSymbol) return;
      const key = canonicalKeysym(keysym);
      const places = this.#places.get(key) ?? [];
      places.push({ keycode, column });
      this.#places.set(key, places);
    });
  }

  /**
   * Finds the key for a keysym that needs the least change of modifiers; `undefined` when no key has it
   * within the current group.
   */
  find(keysym: number, state: LevelState): KeyPlan | undefined {
    const places = this.#places.get(canonicalKeysym(keysym)) ?? [];
    let best: { plan: KeyPlan; cost: number } | undefined;
    for (const place of places) {
      const plan = this.#plan(keysym, place, state);
      if (!plan) continue;
      // Faked modifiers weigh most; then the plainest level, then the lowest keycode.
      const fakes =
        Number(plan.shift !== undefined) + Number(plan.level3 !== undefined);
      const cost = fakes * 100_000 + place.column * 1000 + place.keycode;
      if (!best || cost < best.cost) best = { plan, cost };
    }
    return best?.plan;
  }

  #plan(
    keysym: number,
    { keycode, column }: Place,
    state: LevelState,
  ): KeyPlan | undefined {
    const free: KeyPlan = { keycode, shift: undefined, level3: undefined };
    if (!isLevelSensitive(keysym)) return free;
    const groupColumn = state.group === 1 ? 2 : 0;
    if (column >= 8 || (column & 2) !== groupColumn) return undefined;
    const row = this.row(keycode);
    const onLevel3 = column >= 4;
    const plain = row[column & ~1] ?? 0;
    const shifted = row[column | 1] ?? 0;
    const hasLevel3 =
      (row[groupColumn + 4] ?? 0) !== 0 || (row[groupColumn + 5] ?? 0) !== 0;
    return {
      keycode,
      shift: changeTo(wantedShift(plain, shifted, column, state), state.shift),
      level3: changeTo(hasLevel3 ? onLevel3 : undefined, state.level3),
    };
  }
}

/** Which state of Shift gives this column; `undefined` where both do. */
function wantedShift(
  plain: number,
  shifted: number,
  column: number,
  state: LevelState,
): boolean | undefined {
  if (shifted === keysyms.noSymbol || shifted === plain) return undefined;
  const wanted = (column & 1) === 1;
  // XKB types ALPHABETIC and KEYPAD: the lock turns the meaning of Shift round.
  const letter = caseOf(plain);
  if (
    letter &&
    canonicalKeysym(letter.lower) === canonicalKeysym(plain) &&
    canonicalKeysym(letter.upper) === canonicalKeysym(shifted)
  )
    return wanted !== state.capsLock;
  if (isKeypad(shifted)) return wanted !== state.numLock;
  return wanted;
}

function changeTo(
  wanted: boolean | undefined,
  current: boolean,
): boolean | undefined {
  return wanted === current ? undefined : wanted;
}
