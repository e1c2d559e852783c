/**
 * What the page remembers of its user's choices. Values that do not fit, of an older page or written by hand, are as if
 * they were not there.
 */
import { presetNames } from "./quality-presets.ts";

/** Raised when a setting changes its meaning; settings of another version are forgotten. */
export const settingsVersion = 1;
const storageKey = "streamspace.settings";
/** More was not written by this page. */
const maxStoredLength = 4_096;

/** A setting: what it is while nobody has chosen, and how a stored value is read. */
interface Setting<T> {
  readonly initial: T;
  /** The value, or `undefined` where it does not fit. */
  readonly read: (value: unknown) => T | undefined;
}

function flag(initial: boolean): Setting<boolean> {
  return {
    initial,
    read: (value) => (typeof value === "boolean" ? value : undefined),
  };
}

function numberWithin(
  min: number,
  max: number,
  initial: number,
): Setting<number> {
  return {
    initial,
    read: (value) =>
      typeof value === "number" && value >= min && value <= max
        ? value
        : undefined,
  };
}

function oneOf<const T extends string>(
  values: readonly T[],
  initial: NoInfer<T>,
): Setting<T> {
  return { initial, read: (value) => values.find((each) => each === value) };
}

/** A word such as an identifier. */
function word(initial: string): Setting<string> {
  return {
    initial,
    read: (value) =>
      typeof value === "string" && /^[\w-]{1,32}$/.test(value)
        ? value
        : undefined,
  };
}

/** Everything that is remembered; another setting is another line. */
const table = {
  /** Preset of the quality. */
  quality: oneOf(presetNames, "automatic"),
  /** 0…1. */
  volume: numberWithin(0, 1, 1),
  muted: flag(false),
  /** Whether the figures lie over the picture. */
  figures: flag(false),
  /** How the remote screen and the window go together, as `screen-mode.ts` writes it. */
  screen: word("follow"),
  /** Section of the panel that was open last. */
  section: word("quality"),
} as const;

export type Settings = {
  [K in keyof typeof table]: (typeof table)[K] extends Setting<infer T>
    ? T
    : never;
};
export type SettingName = keyof Settings;

/** The part of `localStorage` that is used. */
export interface SettingsStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** The values in a stored text that fit. Pure. */
export function readSettings(text: string | null): Partial<Settings> {
  if (text === null || text.length > maxStoredLength) return {};
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    return {}; // Cut off, or somebody else's.
  }
  if (!isRecord(stored) || stored["version"] !== settingsVersion) return {};
  const values = stored["values"];
  if (!isRecord(values)) return {};
  const read = Object.entries(table).map(([name, setting]) => [
    name,
    Object.hasOwn(values, name) ? setting.read(values[name]) : undefined,
  ]);
  return Object.fromEntries(
    read.filter(([, value]) => value !== undefined),
  ) as Partial<Settings>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** See the module's description. */
export class SettingsStore {
  readonly #storage: SettingsStorage | undefined;
  readonly #values: Partial<Settings>;

  /** @param storage `undefined` where the browser has none: the settings then last as long as the page. */
  constructor(storage: SettingsStorage | undefined) {
    this.#storage = storage;
    this.#values = readSettings(readFrom(storage));
  }

  get<K extends SettingName>(name: K): Settings[K] {
    return (this.#values[name] ?? table[name].initial) as Settings[K];
  }

  /** Remembers a value; one that does not fit is left out. */
  set<K extends SettingName>(name: K, value: Settings[K]): void {
    const setting: Setting<unknown> = table[name];
    if (setting.read(value) === undefined || this.get(name) === value) return;
    this.#values[name] = value;
    try {
      this.#storage?.setItem(
        storageKey,
        JSON.stringify({ version: settingsVersion, values: this.#values }),
      );
    } catch {
      // Full, or forbidden: the settings last as long as the page.
    }
  }
}

function readFrom(storage: SettingsStorage | undefined): string | null {
  try {
    return storage?.getItem(storageKey) ?? null;
  } catch {
    return null; // See set().
  }
}

/** The storage of this browser; asking for it alone may be forbidden. */
export function browserStorage(): SettingsStorage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
