/**
 * From a keysym to the key that gives it, and to the modifiers that must be changed for it. Pure.
 *
 * The model is the server's own: each key has groups, each group a type that says which modifiers choose which of its
 * keysyms (XKB protocol, section 12).
 */
import {
  canonicalKeysym,
  changesWithCase,
  isLevelSensitive,
  keysyms,
} from "./keysym.ts";
import {
  xkbTypes,
  type XkbKey,
  type XkbKeyType,
  type XkbMap,
} from "./xkb-map.ts";

/** Bits of modifiers that have a name in the protocol. */
export const modifierMasks = { shift: 1, lock: 2, control: 4 } as const;

/** What chooses a level at this moment. */
export interface LevelState {
  /** Modifiers as bits: those of held keys, and locks. */
  modifiers: number;
  /** XKB group, 0 to 3. */
  group: number;
}

/** How to give a keysym: the key, and the modifiers to bring into another state for it. */
export interface KeyPlan {
  keycode: number;
  /** Modifiers that must be on and are off. */
  on: number;
  /** Modifiers that must be off and are on. */
  off: number;
}

/** Keys that are held for a level. Their modifier can be faked by them. */
const levelKeysyms: ReadonlySet<number> = new Set([
  keysyms.shiftL,
  keysyms.shiftR,
  keysyms.isoLevel3Shift,
  keysyms.isoLevel5Shift,
]);

/** The server's map as it was read; lent keycodes are written over it ({@link Keymap.setRow}). Modifiers are bits, 0x01 to 0x80. */
export class Keymap {
  readonly #types: readonly { mask: number; ways: readonly Way[] }[];
  readonly #keys = new Map<number, XkbKey>();
  /** Keycodes that have a keysym on any level. */
  readonly #places = new Map<number, Set<number>>();
  readonly #modifiers: ReadonlyMap<number, number>;
  /** For each bit, the keys that can fake it; the first one is used. */
  readonly #fakes = new Map<number, number[]>();
  readonly capsLockKeycodes: ReadonlySet<number>;
  readonly numLockKeycodes: ReadonlySet<number>;
  /** Bit of Num Lock in a modifier mask, 0 without one. */
  readonly numLockMask: number;

  constructor(map: XkbMap) {
    this.#types = map.types.map((type) => ({
      mask: type.mask,
      ways: waysOf(type),
    }));
    this.#modifiers = map.modifiers;
    map.keys.forEach((key, index) => {
      this.#setKey(map.minKeycode + index, key);
    });
    const acting = (keysym: number): number[] =>
      [...map.modifiers.keys()].filter(
        (keycode) => this.#firstKeysym(keycode) === keysym,
      );
    this.capsLockKeycodes = new Set(
      acting(keysyms.capsLock).filter(
        (keycode) => (this.modifiersOf(keycode) & modifierMasks.lock) !== 0,
      ),
    );
    const numLock = acting(keysyms.numLock);
    this.numLockKeycodes = new Set(numLock);
    this.numLockMask = numLock.reduce(
      (mask, keycode) => mask | this.modifiersOf(keycode),
      0,
    );
    for (const [keycode, mask] of map.modifiers) {
      if (!levelKeysyms.has(this.#firstKeysym(keycode))) continue;
      for (const bit of bitsOf(mask))
        this.#fakes.set(bit, [...(this.#fakes.get(bit) ?? []), keycode]);
    }
  }

  /** Whether the key is Shift, Control, a lock or another modifier. */
  isModifier(keycode: number): boolean {
    return this.modifiersOf(keycode) !== 0;
  }

  /** Which modifiers the key stands for. */
  modifiersOf(keycode: number): number {
    return this.#modifiers.get(keycode) ?? 0;
  }

  /** Keys whose holding sets a modifier for a level. */
  keycodesOf(bit: number): readonly number[] {
    return this.#fakes.get(bit) ?? [];
  }

  /** Bits of the locks, which are changed by a request rather than by keys. */
  get lockMasks(): number {
    return modifierMasks.lock | this.numLockMask;
  }

  /** The keysyms of the first group. */
  row(keycode: number): readonly number[] {
    return this.#keys.get(keycode)?.groups[0]?.keysyms ?? [];
  }

  /** Keycodes without any keysym, highest first: the low ones are what programs know as real keys. */
  unusedKeycodes(): number[] {
    return [...this.#keys]
      .filter(
        ([keycode, key]) =>
          !this.isModifier(keycode) &&
          key.groups.every(({ keysyms: all }) =>
            all.every((keysym) => keysym === keysyms.noSymbol),
          ),
      )
      .map(([keycode]) => keycode)
      .sort((a, b) => b - a);
  }

  /** Gives one keycode the keysyms that it was lent: a lower and an upper case, or twice the same. */
  setRow(keycode: number, row: readonly number[]): void {
    const [plain = 0, shifted = 0] = row;
    const isLetter = plain !== shifted;
    this.#setKey(keycode, {
      groups: [
        {
          type: isLetter ? xkbTypes.letter : xkbTypes.oneLevel,
          keysyms: isLetter ? [plain, shifted] : [plain],
        },
      ],
      outOfRange: "wrap",
    });
  }

  /**
   * Finds the key for a keysym that needs the least change of modifiers; `undefined` when no key has it
   * within the current group.
   */
  find(keysym: number, state: LevelState): KeyPlan | undefined {
    const wanted = canonicalKeysym(keysym);
    let best: { plan: KeyPlan; cost: number } | undefined;
    for (const keycode of this.#places.get(wanted) ?? []) {
      for (const { plan, level } of this.#plansOn(keycode, wanted, state)) {
        // Changed modifiers weigh most, locks before all; then the plainest level, then the lowest keycode.
        const changed = plan.on | plan.off;
        const cost =
          bitsOf(changed & this.lockMasks).length * 10_000_000 +
          bitsOf(changed & ~this.lockMasks).length * 1_000_000 +
          level * 1000 +
          keycode;
        if (!best || cost < best.cost) best = { plan, cost };
      }
    }
    return best?.plan;
  }

  #plansOn(
    keycode: number,
    wanted: number,
    state: LevelState,
  ): { plan: KeyPlan; level: number }[] {
    if (!isLevelSensitive(wanted))
      return [{ plan: { keycode, on: 0, off: 0 }, level: 0 }];
    const key = this.#keys.get(keycode);
    const group = key?.groups[effectiveGroup(key, state.group)];
    const type = group && this.#types[group.type];
    if (!type) return [];
    return group.keysyms.flatMap((keysym, level) =>
      canonicalKeysym(keysym) === wanted
        ? type.ways.flatMap((way) => {
            if (way.level !== level) return [];
            const plan = this.#planFor(keycode, keysym, type.mask, way, state);
            return plan ? [{ plan, level }] : [];
          })
        : [],
    );
  }

  #planFor(
    keycode: number,
    keysym: number,
    mask: number,
    way: Way,
    state: LevelState,
  ): KeyPlan | undefined {
    let on = way.modifiers & ~state.modifiers;
    let off = state.modifiers & mask & ~way.modifiers;
    const { lock } = modifierMasks;
    const isLocked = ((state.modifiers & ~off) | on) & lock;
    const isConsumed = mask & ~way.preserved & lock;
    // Clients turn what is left to them into upper case.
    if (isLocked !== 0 && isConsumed === 0 && changesWithCase(keysym)) {
      if ((way.modifiers & lock) !== 0) return undefined;
      on &= ~lock;
      off |= lock;
    }
    const cannotFake = bitsOf((on | off) & ~this.lockMasks).some(
      (bit) => !this.#fakes.has(bit),
    );
    return cannotFake ? undefined : { keycode, on, off };
  }

  #firstKeysym(keycode: number): number {
    return this.row(keycode)[0] ?? 0;
  }

  #setKey(keycode: number, key: XkbKey): void {
    for (const keysym of keysymsOf(this.#keys.get(keycode)))
      this.#places.get(keysym)?.delete(keycode);
    this.#keys.set(keycode, key);
    for (const keysym of keysymsOf(key)) {
      const places = this.#places.get(keysym) ?? new Set();
      this.#places.set(keysym, places.add(keycode));
    }
  }
}

/** What a combination of a type's modifiers gives. */
interface Way {
  modifiers: number;
  preserved: number;
  level: number;
}

/** All combinations of the modifiers that a type looks at. */
function waysOf({ mask, entries }: XkbKeyType): Way[] {
  const ways: Way[] = [];
  // The subsets of a mask, from itself down to nothing.
  for (let modifiers = mask; ; modifiers = (modifiers - 1) & mask) {
    const entry = entries.find((one) => one.modifiers === modifiers);
    const { level = 0, preserved = 0 } = entry ?? {};
    ways.push({ modifiers, preserved, level });
    if (modifiers === 0) return ways;
  }
}

function effectiveGroup({ groups, outOfRange }: XkbKey, group: number): number {
  const count = groups.length;
  if (group < count || count === 0) return group;
  if (outOfRange === "clamp") return count - 1;
  if (outOfRange === "wrap") return group % count;
  return outOfRange.redirect < count ? outOfRange.redirect : 0;
}

function keysymsOf(key: XkbKey | undefined): Set<number> {
  return new Set(
    (key?.groups ?? [])
      .flatMap(({ keysyms: all }) => all)
      .filter((keysym) => keysym !== keysyms.noSymbol)
      .map(canonicalKeysym),
  );
}

/** The single bits of a mask of eight. */
export function bitsOf(mask: number): number[] {
  return Array.from({ length: 8 }, (_, index) => 1 << index).filter(
    (bit) => (mask & bit) !== 0,
  );
}
