import { beforeEach, describe, expect, it } from "vitest";
import { StreamRates } from "../../../agent/composition/stream-rates.ts";

const settings = { targetBps: 8_000_000, frameRate: 60 };
const one = {};
const other = {};
let rates: StreamRates;
beforeEach(() => {
  rates = new StreamRates(settings);
});

describe("the rates of a stream", () => {
  it("are the settings while nobody wishes for less", () => {
    expect(rates.rate).toEqual(settings);
    rates.wish(one, {});
    rates.wish(other, { targetBps: 9_000_000, frameRate: 144 });
    expect(rates.rate).toEqual(settings);
  });

  it("are the lowest that a viewer wishes for, each for itself", () => {
    rates.wish(one, { targetBps: 2_000_000, frameRate: 50 });
    rates.wish(other, { targetBps: 3_000_000, frameRate: 30 });
    expect(rates.rate).toEqual({ targetBps: 2_000_000, frameRate: 30 });
  });

  it("rise again when the viewer who wished for less leaves", () => {
    rates.wish(one, { targetBps: 1_000_000, frameRate: 10 });
    rates.wish(other, { targetBps: 3_000_000 });
    rates.forget(one);
    expect(rates.rate).toEqual({ targetBps: 3_000_000, frameRate: 60 });
    rates.forget(other);
    rates.forget(other);
    expect(rates.rate).toEqual(settings);
  });

  it("keep what a later wish leaves out, and drop what it takes back", () => {
    rates.wish(one, { targetBps: 1_000_000 });
    rates.wish(one, { frameRate: 20 });
    expect(rates.rate).toEqual({ targetBps: 1_000_000, frameRate: 20 });
    rates.wish(one, { targetBps: undefined });
    expect(rates.rate).toEqual({ targetBps: 8_000_000, frameRate: 20 });
  });

  it.each([
    ["targetBps", 1, 10_000],
    ["targetBps", -5, 10_000],
    ["targetBps", 1_234_567.8, 1_234_568],
    ["targetBps", NaN, 8_000_000],
    ["targetBps", Infinity, 8_000_000],
    ["targetBps", -Infinity, 10_000],
    ["frameRate", 0, 1],
    ["frameRate", 29.97, 30],
    ["frameRate", 0.4, 1],
    ["frameRate", NaN, 60],
  ] as const)(
    "are whole numbers that an encoder takes: %s, %d, is %d",
    (kind, wished, expected) => {
      rates.wish(one, { [kind]: wished });
      expect(rates.rate[kind]).toBe(expected);
    },
  );
});
