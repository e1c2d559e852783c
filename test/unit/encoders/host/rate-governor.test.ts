import { describe, expect, it } from "vitest";
import { pauseMs } from "../../../../encoders/host/frame-rate-meter.ts";
import {
  leastFps,
  maxCorrection,
  RateGovernor,
} from "../../../../encoders/host/rate-governor.ts";

const settings = { targetBps: 6_000_000, frameRate: 60 };

/** A governor with an encoder that makes `share` of the bits it is asked for. */
function governed(share: (frame: number) => number = () => 1): {
  governor: RateGovernor;
  run: (fps: number, seconds: number) => number;
  pause: (forMs: number) => void;
} {
  const governor = new RateGovernor(settings);
  let nowMs = 1_000;
  let frame = 0;
  return {
    governor,
    /** @returns bit/s of what the encoder made. */
    run(fps, seconds) {
      let bits = 0;
      for (let count = 0; count < fps * seconds; count += 1) {
        nowMs += 1_000 / fps;
        governor.onFrame(nowMs);
        const { targetBps, frameRate } = governor.rate;
        const frameBits = (targetBps / frameRate) * share(frame);
        frame += 1;
        governor.onEncoded({ bytes: frameBits / 8, isKeyFrame: false });
        bits += frameBits;
      }
      return bits / seconds;
    },
    pause(forMs) {
      nowMs += forMs;
    },
  };
}

describe("the rate an encoder is asked for", () => {
  it.each([60, 50, 30, 25, 12])(
    "gives content of %d Hz the bits of its own frames",
    (fps) => {
      const { governor, run } = governed();
      run(fps, 1);
      expect(governor.rate.frameRate).toBeCloseTo(fps, 3);
      expect(run(fps, 1)).toBeCloseTo(settings.targetBps, -3);
    },
  );

  it("follows a change of the content's rate within half a second", () => {
    const { governor, run } = governed();
    run(60, 1);
    run(25, 0.5);
    expect(governor.rate.frameRate).toBeCloseTo(25, 3);
    run(60, 0.5);
    expect(governor.rate.frameRate).toBeCloseTo(60, 3);
  });

  it("gives the first frames after quiet what a steady stream has", () => {
    const { governor, run, pause } = governed();
    run(20, 1);
    pause(pauseMs);
    run(60, 1 / 60);
    expect(governor.rate).toEqual(settings);
  });

  it("gives one frame no more than a tenth of a second of bits", () => {
    const { governor, run } = governed();
    run(5, 2);
    expect(governor.rate.frameRate).toBe(leastFps);
  });

  it("keeps below a setting that is lower than that", () => {
    const { governor, run } = governed();
    governor.setRate({ ...settings, frameRate: 5 });
    run(5, 2);
    expect(governor.rate.frameRate).toBe(5);
  });

  it.each([0.88, 1.15])(
    "corrects an encoder that makes %d of what it is asked for",
    (share) => {
      const { run } = governed(() => share);
      run(60, 3);
      expect(run(60, 1) / settings.targetBps).toBeCloseTo(1, 1);
      run(25, 0.5);
      expect(run(25, 1) / settings.targetBps).toBeCloseTo(1, 1);
    },
  );

  it("corrects in the mean where frames differ", () => {
    const { run } = governed((frame) => (frame % 3 === 0 ? 1.9 : 0.4));
    run(60, 3);
    expect(run(60, 2) / settings.targetBps).toBeCloseTo(1, 1);
  });

  it("corrects within its bounds, whatever the encoder does", () => {
    const slack = governed(() => 0.7);
    slack.run(60, 20);
    expect(slack.governor.rate.targetBps).toBeCloseTo(
      settings.targetBps * (1 + maxCorrection),
    );
    const wild = governed(() => 10);
    wild.run(60, 20);
    expect(wild.governor.rate.targetBps).toBeCloseTo(
      settings.targetBps * (1 - maxCorrection),
    );
  });

  it("learns nothing from content that needs few bits, nor from key frames", () => {
    const { governor, run } = governed(() => 0.2);
    run(60, 5);
    expect(governor.rate.targetBps).toBe(settings.targetBps);
    governor.onFrame(10_000);
    governor.onFrame(10_016);
    governor.onEncoded({ bytes: 1e6, isKeyFrame: true });
    expect(governor.rate.targetBps).toBe(settings.targetBps);
  });

  it("is told to the encoder at the first frame and when it has changed, not at each", () => {
    const governor = new RateGovernor(settings);
    expect(governor.onFrame(0)).toEqual(settings);
    let told = 0;
    for (let nowMs = 1_000 / 60; nowMs < 1_000; nowMs += 1_000 / 60) {
      if (governor.onFrame(nowMs) !== undefined) told += 1;
    }
    expect(told).toBe(0);
    for (let nowMs = 1_000; nowMs < 2_000; nowMs += 40) {
      if (governor.onFrame(nowMs) !== undefined) told += 1;
    }
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(10);
  });
});
