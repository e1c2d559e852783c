import { afterEach, describe, expect, it, vi } from "vitest";
import { unixOffsetMs } from "../../bench/latency/wall-clock.ts";

describe("distance to Unix time", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("is found to a fraction of the millisecond that Date.now() is cut to", () => {
    const offsetMs = 1_700_000_000_000.4;
    let monotonicMs = 5;
    vi.spyOn(performance, "now").mockImplementation(() => monotonicMs);
    vi.spyOn(Date, "now").mockImplementation(() => {
      monotonicMs += 0.01;
      return Math.floor(monotonicMs + offsetMs);
    });
    expect(Math.abs(unixOffsetMs() - offsetMs)).toBeLessThan(0.02);
  });

  it("is not spoilt by a pause between the two clocks", () => {
    const offsetMs = 1_700_000_000_000;
    let monotonicMs = 5;
    let looks = 0;
    vi.spyOn(performance, "now").mockImplementation(() => {
      looks += 1;
      monotonicMs += looks % 7 === 0 ? 3 : 0.01;
      return monotonicMs;
    });
    vi.spyOn(Date, "now").mockImplementation(() =>
      Math.floor(monotonicMs + offsetMs),
    );
    const error = unixOffsetMs() - offsetMs;
    expect(error).toBeLessThanOrEqual(0);
    expect(error).toBeGreaterThan(-1);
  });
});
