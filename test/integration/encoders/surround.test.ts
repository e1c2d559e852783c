/**
 * 5.1 from a program that plays to RTP packets, and back through a decoder that is not ours.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sleep, withDeadline } from "../../../agent/base/deadline.ts";
import type { RunningPipeline } from "../../../encoders/pipeline-child.ts";
import {
  placeInGStreamer,
  SurroundSound,
} from "../../fixtures/surround-sound.ts";
import {
  surroundOrder,
  toneLevel,
  tonePeaks,
  writeSurroundTones,
  type SurroundChannel,
} from "../../fixtures/surround-tones.ts";

const rate = 48_000;
/** Of the level of a tone: what the encoder may change, and what may be heard of the neighbours. */
const tolerance = 0.1;

type Peaks = Record<SurroundChannel, number>;

let sound: SurroundSound;
let pipeline: RunningPipeline;

beforeEach(async () => {
  sound = new SurroundSound();
  await sound.startServer();
  pipeline = await sound.startPipeline();
}, 20_000);
afterEach(() => sound.close());

const tonesFile = (ms: number): Promise<string[]> =>
  writeSurroundTones(join(sound.folder, "six.raw"), ms);

/** The tones in each channel that a browser puts out. */
async function peaksOfSurround(): Promise<Peaks[]> {
  const samples = await sound.decodedSurround();
  return placeInGStreamer.map((channel) =>
    tonePeaks(samples, { channel, channels: 6 }),
  );
}

/** The tones of the left and the right. */
async function peaksOfStereo(): Promise<Peaks[]> {
  const samples = await sound.decodedStereo();
  return [0, 1].map((channel) => tonePeaks(samples, { channel, channels: 2 }));
}

/** These tones at these levels, and nothing of the others. */
function only(levels: Partial<Peaks>): Record<SurroundChannel, unknown> {
  const near = (channel: SurroundChannel): unknown =>
    expect.closeTo(levels[channel] ?? 0, -Math.log10(2 * tolerance));
  return {
    "front-left": near("front-left"),
    "front-right": near("front-right"),
    "rear-left": near("rear-left"),
    "rear-right": near("rear-right"),
    "front-center": near("front-center"),
    lfe: near("lfe"),
  };
}

const counts = (): number[] => [
  sound.stereo.packets.length,
  sound.surround.packets.length,
];

test("applications see a card with the channels of 5.1", async () => {
  const sinks = await sound.run("pactl", ["list", "sinks"]);
  expect(sinks).toContain(
    "Channel Map: front-left,front-right,front-center,lfe,rear-left,rear-right",
  );
  expect(sinks).toContain("float32le 6ch 48000Hz");
});

describe("six tones", () => {
  beforeEach(async () => {
    await sound.playAlone(await tonesFile(1_000));
  });

  test("come out of one channel each, in the order of Web Audio", async () => {
    expect(await peaksOfSurround()).toEqual(
      surroundOrder.map((channel) => only({ [channel]: 1 })),
    );
  });

  test("are in stereo what ITU-R BS.775 makes of them", async () => {
    expect(await peaksOfStereo()).toEqual([
      only({ "front-left": 1, "front-center": 0.707, "rear-left": 0.707 }),
      only({ "front-right": 1, "front-center": 0.707, "rear-right": 0.707 }),
    ]);
  });

  test("are at the same time in both streams", () => {
    const { stereo, surround } = sound;
    expect(surround.packets.length).toBeGreaterThan(95);
    expect(
      Math.abs(surround.packets.length - stereo.packets.length),
    ).toBeLessThanOrEqual(1);
    expect(Math.abs(surround.capturedMs - stereo.capturedMs)).toBeLessThan(2);
  });
});

test("stereo keeps its sides and its level in both streams", async () => {
  const samples = new Float32Array(rate * 2).map((_, index) => {
    const hz = index % 2 === 0 ? 440 : 560;
    return toneLevel * Math.sin((2 * Math.PI * hz * (index >> 1)) / rate);
  });
  const file = join(sound.folder, "stereo.raw");
  writeFileSync(file, samples);
  const format = ["--format=float32le", `--rate=${rate}`, "--channels=2"];
  await sound.playAlone(["--playback", "--raw", ...format, file]);
  const sides = [only({ "front-left": 1 }), only({ "front-right": 1 })];
  const silent = only({});
  expect(await peaksOfSurround()).toEqual([
    ...sides,
    ...[silent, silent, silent, silent],
  ]);
  expect(await peaksOfStereo()).toEqual(sides);
});

test("a program that plays zeros costs some packets a second in each stream", async () => {
  await sound.spawner.spawn({
    name: "pacat",
    file: "pacat",
    args: ["--playback", "--raw", "--channels=6", "/dev/zero"],
    env: sound.environment,
  });
  await sleep(1_000);
  const before = counts();
  await sleep(2_000);
  counts().forEach((count, index) => {
    const sent = count - (before[index] ?? 0);
    expect(sent).toBeGreaterThan(2);
    expect(sent).toBeLessThan(20);
  });
});

test("silence sends nothing, and is no stall", async () => {
  await sound.untilSilent();
  const before = counts();
  await sleep(4 * sound.stallMs);
  expect(counts()).toEqual(before);
  expect(sound.spawner.children.size, "sound server and encoder").toBe(2);
});

test("both streams come back after the sound server was killed", async () => {
  process.kill(sound.child("pulseaudio").pid, "SIGKILL");
  await withDeadline(pipeline.exited, { timeoutMs: 1_000, what: "its end" });
  await sound.startServer();
  await sound.startPipeline();
  expect([sound.stereo.resets, sound.surround.resets]).toEqual([2, 2]);
  await sound.playAlone(await tonesFile(500));
  expect((await peaksOfSurround())[3]).toEqual(only({ lfe: 1 }));
});

test("a sink that somebody unloads comes back with all its channels", async () => {
  await sound.run("pactl", ["unload-module", "module-pipe-sink"]);
  await withDeadline(pipeline.exited, { timeoutMs: 1_000, what: "its end" });
  await sound.startPipeline();
  expect(await sound.run("pactl", ["list", "sinks"])).toContain(
    "float32le 6ch 48000Hz",
  );
  expect(sound.surround.resets).toBe(2);
});

test("an encoder that hangs is ended as stalled once something plays", async () => {
  process.kill(sound.child("audio-opus").pid, "SIGSTOP");
  const playing = sound.run("pacat", await tonesFile(4_000));
  await expect(
    withDeadline(pipeline.exited, { timeoutMs: 5_000, what: "the verdict" }),
  ).resolves.toMatchObject({ kind: "stalled" });
  await playing;
}, 15_000);
