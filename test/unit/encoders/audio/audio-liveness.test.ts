import { describe, expect, it } from "vitest";
import {
  AudioLiveness,
  type AudioVerdict,
} from "../../../../encoders/audio/audio-liveness.ts";

const stallMs = 2_200;
const probeMs = 60_000;
const everyMs = 600;

/** Judges every {@link everyMs} until there is a verdict other than "fine". */
function judged(
  forMs: number,
  isRendering: (nowMs: number) => boolean,
  packetAt: (nowMs: number) => boolean = () => false,
): { verdicts: AudioVerdict[]; stalledMs: number | undefined } {
  const liveness = new AudioLiveness({ stallMs, probeMs, nowMs: 0 });
  const verdicts: AudioVerdict[] = [];
  let probedMs = -Infinity;
  for (let nowMs = everyMs; nowMs <= forMs; nowMs += everyMs) {
    if (packetAt(nowMs)) liveness.onPacket(nowMs);
    // A probe makes the sound server render for 1.1 s.
    const verdict = liveness.judge(
      nowMs,
      isRendering(nowMs) || nowMs - probedMs < 1_100,
    );
    if (verdict.kind === "probe") probedMs = nowMs;
    if (verdict.kind !== "fine") verdicts.push(verdict);
    if (verdict.kind === "stalled") return { verdicts, stalledMs: nowMs };
  }
  return { verdicts, stalledMs: undefined };
}

describe("an audio pipeline that sends nothing", () => {
  it("is fine while nothing plays, and asked for a sign of life once a minute", () => {
    const { verdicts } = judged(59_000, () => false);
    expect(verdicts).toEqual([]);
    expect(judged(61_000, () => false).verdicts).toEqual([{ kind: "probe" }]);
  });

  it("is found within three seconds while something plays", () => {
    const { stalledMs } = judged(10_000, () => true);
    expect(stalledMs).toBeLessThanOrEqual(3_000);
  });

  it.each([1_200, 2_000, 2_500])(
    "is found although each sound lasts but %d ms",
    (soundMs) => {
      const { stalledMs } = judged(60_000, (nowMs) => nowMs % 5_000 < soundMs);
      expect(stalledMs).toBeLessThanOrEqual(45_000);
    },
  );

  it("is found in silence, by probes that are answered by nothing", () => {
    const { stalledMs } = judged(600_000, () => false);
    expect(stalledMs).toBeLessThanOrEqual(5 * probeMs);
  });
});

describe("an audio pipeline that works", () => {
  it("is never judged otherwise, whatever plays when", () => {
    for (const soundMs of [600, 1_200, 2_500, 5_000]) {
      const isRendering = (nowMs: number): boolean => nowMs % 5_000 < soundMs;
      // The state is up to a second old: it says "renders" when packets have ceased already.
      const { verdicts } = judged(
        300_000,
        (nowMs) => isRendering(nowMs) || isRendering(nowMs - 1_000),
        isRendering,
      );
      expect(verdicts).toEqual([]);
    }
  });
});
