import { describe, expect, it } from "vitest";
import { EncoderTime } from "../../../../encoders/host/encoder-time.ts";

const ms = 1_000_000n;

describe("the time of an encoder", () => {
  it("is the real one while frames follow each other", () => {
    const time = new EncoderTime();
    for (const realMs of [0n, 16n, 33n, 250n, 280n]) {
      expect(time.next(realMs * ms)).toEqual({
        ptsNs: realMs * ms,
        delayNs: 0n,
      });
    }
  });

  it("leaves pauses out, and says by how much", () => {
    const time = new EncoderTime();
    time.next(100n * ms);
    for (const realMs of [2_100n, 2_116n, 9_000n]) {
      const { ptsNs, delayNs } = time.next(realMs * ms);
      expect(ptsNs + delayNs).toBe(realMs * ms);
      expect(ptsNs).toBeLessThan(160n * ms);
    }
  });

  it("always increases", () => {
    const time = new EncoderTime();
    const first = time.next(5n * ms).ptsNs;
    const second = time.next(5n * ms).ptsNs;
    const third = time.next(4n * ms).ptsNs;
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
  });

  it("has a key frame due after the last frame and before the next one, pause or not", () => {
    const time = new EncoderTime();
    time.next(100n * ms);
    for (const realMs of [116n, 5_000n, 5_016n, 9_000n]) {
      const { ptsNs: lastNs } = time.next(realMs * ms);
      const dueNs = time.keyFrameDueNs;
      // The pad's delay is taken off again on the way to the encoder, as it is before the next frame.
      const { delayNs } = time.next(realMs * ms);
      expect(dueNs - delayNs).toBeGreaterThan(lastNs);
      expect(dueNs - delayNs).toBeLessThan(time.next(realMs * ms).ptsNs);
    }
  });
});
