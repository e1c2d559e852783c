import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  readSettings,
  SettingsStore,
  settingsVersion,
  type SettingsStorage,
} from "../../../client/src/settings.ts";

class MemoryStorage implements SettingsStorage {
  text: string | null;
  readonly keys = new Set<string>();

  constructor(text: string | null = null) {
    this.text = text;
  }

  getItem(key: string): string | null {
    this.keys.add(key);
    return this.text;
  }

  setItem(key: string, value: string): void {
    this.keys.add(key);
    this.text = value;
  }
}

function stored(values: unknown, version: unknown = settingsVersion): string {
  return JSON.stringify({ version, values });
}

describe("settings that are read", () => {
  it.each<{ values: unknown; read: object }>([
    { values: { volume: 0.25 }, read: { volume: 0.25 } },
    { values: { volume: 0, muted: true }, read: { volume: 0, muted: true } },
    { values: { quality: "saver" }, read: { quality: "saver" } },
    { values: { section: "sound" }, read: { section: "sound" } },
    // One that does not fit leaves the others.
    { values: { volume: 1.01, figures: true }, read: { figures: true } },
    { values: { volume: "1" }, read: {} },
    { values: { volume: null, muted: 1 }, read: {} },
    { values: { quality: "best" }, read: {} },
    { values: { section: "a b" }, read: {} },
    { values: { section: "x".repeat(33) }, read: {} },
    { values: { unknown: 1, toString: "x" }, read: {} },
  ])("of $values are $read", ({ values, read }) => {
    expect(readSettings(stored(values))).toEqual(read);
  });

  it.each([
    ["nothing", null],
    ["an empty text", ""],
    ["half a text", stored({ volume: 0.5 }).slice(0, -3)],
    ["a number", "12"],
    ["null", "null"],
    ["a list", "[1]"],
    ["another version", stored({ volume: 0.5 }, settingsVersion + 1)],
    ["no version", JSON.stringify({ values: { volume: 0.5 } })],
    ["values that are a list", stored([0.5])],
    ["too much", stored({ volume: 0.5, more: "x".repeat(5_000) })],
  ])("of %s are none", (_what, text) => {
    expect(readSettings(text)).toEqual({});
  });

  it("never throw, whatever is stored", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        readSettings(text);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        const store = new SettingsStore(new MemoryStorage(stored(values)));
        expect(store.get("volume")).toBeGreaterThanOrEqual(0);
        expect(store.get("volume")).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("the store of settings", () => {
  it("has initial values until something is chosen", () => {
    const store = new SettingsStore(new MemoryStorage());
    expect(store.get("quality")).toBe("automatic");
    expect(store.get("volume")).toBe(1);
    expect(store.get("muted")).toBe(false);
  });

  it("gives to the next page what was set in the last", () => {
    const storage = new MemoryStorage();
    const first = new SettingsStore(storage);
    first.set("quality", "slow");
    first.set("volume", 0.4);
    const second = new SettingsStore(storage);
    expect(second.get("quality")).toBe("slow");
    expect(second.get("volume")).toBe(0.4);
    expect(storage.keys).toEqual(new Set(["streamspace.settings"]));
  });

  it("does not take what it would not read", () => {
    const storage = new MemoryStorage();
    const store = new SettingsStore(storage);
    store.set("volume", Number.NaN);
    store.set("volume", 2);
    store.set("section", "<script>");
    expect(store.get("volume")).toBe(1);
    expect(storage.text).toBeNull();
  });

  it.each([
    ["no storage", undefined],
    [
      "a storage that refuses",
      {
        getItem: () => {
          throw new Error("SecurityError");
        },
        setItem: () => {
          throw new Error("QuotaExceededError");
        },
      },
    ],
  ])("lasts as long as the page with %s", (_what, storage) => {
    const store = new SettingsStore(storage);
    store.set("muted", true);
    expect(store.get("muted")).toBe(true);
  });
});
