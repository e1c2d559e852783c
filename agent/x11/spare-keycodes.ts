/**
 * Keycodes that no layout uses, lent to keysyms that no key has. Pure: it decides, others write the map.
 *
 * A client learns of a new meaning by a MappingNotify and then asks the server for the map as it is at that
 * time. The event comes before the key press, so a first use is always understood; but a keycode that is
 * given its next meaning before a slow client has asked for the one before reads the wrong character.
 * Therefore the keycode used longest ago is taken, and not before {@link recycleAfterMs}.
 */
import { canonicalKeysym, caseOf } from "./keysym.ts";

/**
 * How long after its last use a keycode keeps its meaning, in milliseconds.
 *
 * Measured with 330 different characters typed at once into an idle xterm: at 10 ms 90 of them were wrong, from
 * 20 ms on none. With 150 ms, an xterm on a machine that was busy with other things was behind by more than that and read
 * five wrong ones of 110. With the 18 spare keycodes of an ordinary map this bounds typing of ever new characters to 45 a
 * second; nobody types so fast, and a character that comes back soon costs nothing.
 */
export const recycleAfterMs = 400;

export type Lending =
  /** The keycode has this row from now on: write it to the server before the key press. */
  | { kind: "lent"; keycode: number; row: readonly number[] }
  /** Every keycode was used a moment ago; ask again at that time. */
  | { kind: "wait"; untilMs: number }
  /** There is no spare keycode, or all are held. */
  | { kind: "none" };

interface Slot {
  keycode: number;
  row: readonly number[];
  lastUsedMs: number;
  /** Number of the lending, to know whether a map read from the server can contain it. */
  revision: number;
}

/** Which keycode is lent to which keysym, and since when; see the module's description. Times are milliseconds of one monotonic clock. */
export class SpareKeycodes {
  #slots = new Map<number, Slot>();
  #revision = 0;

  /** Counts the lendings so far. */
  get revision(): number {
    return this.#revision;
  }

  /** What is lent now. */
  lent(): { keycode: number; row: readonly number[] }[] {
    return [...this.#slots.values()].filter((slot) => slot.row.length > 0);
  }

  /** Marks a use, so that the keycode keeps its meaning for a while. Other keycodes are ignored. */
  touch(keycode: number, nowMs: number): void {
    const slot = this.#slots.get(keycode);
    if (slot) slot.lastUsedMs = nowMs;
  }

  /** Finds a keycode for `keysym`. `isHeld` keeps pressed keys from being changed under the user's finger. */
  lend(
    keysym: number,
    nowMs: number,
    isHeld: (keycode: number) => boolean,
  ): Lending {
    let oldest: Slot | undefined;
    for (const slot of this.#slots.values()) {
      if (isHeld(slot.keycode)) continue;
      if (!oldest || slot.lastUsedMs < oldest.lastUsedMs) oldest = slot;
    }
    if (!oldest) return { kind: "none" };
    const untilMs = oldest.lastUsedMs + recycleAfterMs;
    if (nowMs < untilMs) return { kind: "wait", untilMs };
    this.#revision += 1;
    oldest.row = rowFor(keysym);
    oldest.lastUsedMs = nowMs;
    oldest.revision = this.#revision;
    return { kind: "lent", keycode: oldest.keycode, row: oldest.row };
  }

  /**
   * Takes over a map that was read from the server when `revision` lendings had been made.
   *
   * @param map.unused keycodes that have no keysym in it.
   * @param map.row the keysyms that it has for a keycode.
   * @returns lendings that were made after the map was read and must be added to it.
   */
  adopt(
    map: { unused: readonly number[]; row(keycode: number): readonly number[] },
    revision: number,
  ): { keycode: number; row: readonly number[] }[] {
    const before = this.#slots;
    const newer: { keycode: number; row: readonly number[] }[] = [];
    this.#slots = new Map();
    for (const slot of before.values()) {
      if (slot.row.length === 0) continue;
      const isNewer = slot.revision > revision;
      if (isNewer) newer.push({ keycode: slot.keycode, row: slot.row });
      // A layout that was loaded meanwhile may have given the keycode a meaning of its own.
      if (isNewer || sameStart(map.row(slot.keycode), slot.row))
        this.#slots.set(slot.keycode, slot);
    }
    for (const keycode of map.unused) {
      if (this.#slots.has(keycode)) continue;
      // lastUsedMs survives: clients may still be about to read what it meant before a new layout.
      const lastUsedMs = before.get(keycode)?.lastUsedMs ?? -Infinity;
      this.#slots.set(keycode, { keycode, row: [], lastUsedMs, revision: 0 });
    }
    return newer;
  }
}

/** Both groups alike. Letters get both cases, so that Caps Lock works as on a real key. */
function rowFor(keysym: number): readonly number[] {
  const letter = caseOf(keysym);
  const pair = letter
    ? [letter.lower, letter.upper]
    : [canonicalKeysym(keysym), canonicalKeysym(keysym)];
  return [...pair, ...pair];
}

/** The server drops from a row what says the same twice. */
function sameStart(row: readonly number[], start: readonly number[]): boolean {
  return (
    row.length > 0 && row.every((keysym, column) => start[column] === keysym)
  );
}
