/**
 * From a program that plays to RTP packets, with a real sound server and a real encoder.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ChildSpawner,
  runToEnd,
  type OwnedChild,
} from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import {
  createSessionDirectory,
  type SessionPaths,
} from "../../../agent/session/session-directory.ts";
import {
  pulseServerAddress,
  startSoundServer,
  type RunningSound,
} from "../../../agent/session/sound-server.ts";
import { audioPipeline } from "../../../encoders/audio-pipeline.ts";
import { ReplaceableAudio } from "../../../encoders/audio/replaceable-audio.ts";
import {
  runAudio,
  type SoundSource,
} from "../../../encoders/audio/run-audio.ts";
import { startsAnywhere } from "../../../encoders/key-frames.ts";
import type { RunningPipeline } from "../../../encoders/pipeline-child.ts";
import { RtpSource } from "../../../encoders/rtp-source.ts";
import { silentLog } from "../../fakes/logs.ts";

const stallMs = 600;
const beepMs = 200;
const rate = 48_000;

interface SeenPacket {
  atMs: number;
  timestamp: number;
  marker: boolean;
  bytes: number;
  /** Configuration of the Opus frame (RFC 6716, section 3.1): 12–15 hybrid, 16–31 CELT alone. */
  opusMode: number;
}

let folder: string;
let paths: SessionPaths;
let spawner: ChildSpawner;
let sound: RunningSound;
let source: RtpSource;
let packets: SeenPacket[];
let pipeline: RunningPipeline;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-audio-"));
  ({ paths } = createSessionDirectory(folder));
  spawner = new ChildSpawner();
  const { signal } = new AbortController();
  sound = await startSoundServer(
    { spawner, paths, env: process.env },
    { signal, generation: 1, log: silentLog },
  );
  source = new RtpSource({
    clock: systemClock,
    startsKeyFrame: startsAnywhere,
  });
  packets = [];
  source.subscribe({
    onPacket: (packet) =>
      packets.push({
        atMs: performance.now(),
        timestamp: packet.readUInt32BE(4),
        marker: ((packet[1] ?? 0) & 0x80) !== 0,
        bytes: packet.length,
        opusMode: (packet[12] ?? 0) >> 3,
      }),
    onSenderReport: () => undefined,
    onReset: () => undefined,
  });
  pipeline = await start();
}, 20_000);
afterEach(async () => {
  await Promise.all([...spawner.children].map((child) => child.close()));
  rmSync(folder, { recursive: true, force: true });
});

function start(
  fecLossPercent = 0,
  heard: SoundSource = sound,
): Promise<RunningPipeline> {
  return runAudio({
    pipeline: audioPipeline({
      fifo: sound.fifo,
      bitrateBps: 128_000,
      fecLossPercent,
    }),
    sound: heard,
    source,
    spawner,
    clock: systemClock,
    env: process.env,
    timeoutMs: 5_000,
    stallMs,
    signal: new AbortController().signal,
  });
}

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PULSE_SERVER: pulseServerAddress(paths),
  PULSE_COOKIE: paths.pulseCookie,
});

const rawStereo = ["--playback", "--raw", `--rate=${rate}`, "--channels=2"];

/** A sine of 1 kHz. */
function tone(ms: number): Int16Array<ArrayBuffer> {
  return new Int16Array((rate * 2 * ms) / 1_000).map(
    (_, index) => 8_000 * Math.sin((2 * Math.PI * 1_000 * (index >> 1)) / rate),
  );
}

/** Plays a tone, and resolves when the player has ended. */
async function play(ms: number): Promise<void> {
  const file = join(folder, "tone.raw");
  writeFileSync(file, tone(ms));
  const { exitCode } = await runToEnd({
    file: "pacat",
    args: [...rawStereo, file],
    env: environment(),
    timeoutMs: 10_000,
  });
  expect(exitCode).toBe(0);
}

/** Plays until the end of the test; resolves when the sound server has its stream. */
async function playOn(args: string[]): Promise<OwnedChild> {
  const player = await spawner.spawn({
    ...{ name: "pacat", file: "pacat", env: environment(), stdin: true },
    args: ["--playback", "--raw", ...args],
  });
  await until("a stream", async () =>
    // Of a program: the agent plays silence to wake the sink.
    (await pactl("list", "short", "sink-inputs")).includes("protocol-native"),
  );
  return player;
}

/** A tone without an end: how long a test takes is the machine's doing. */
async function playTone(): Promise<void> {
  const second = Buffer.from(tone(1_000).buffer);
  const { stdin } = await playOn(rawStereo);
  Readable.from(
    (function* () {
      for (;;) yield second;
    })(),
  ).pipe(stdin);
}

async function pactl(...args: string[]): Promise<string> {
  const { exitCode, stdout } = await runToEnd({
    ...{ file: "pactl", args, env: environment(), timeoutMs: 2_000 },
  });
  expect(exitCode).toBe(0);
  return stdout;
}

async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 3_000,
): Promise<void> {
  const options = { everyMs: 20, timeoutMs, what };
  await poll(async () => (await isSo()) || undefined, options);
}

/** Until the sink sleeps, the agent knows it, and what it said before has come out of the encoder. */
async function untilSilent(): Promise<void> {
  // What the agent knows may be a second old.
  const isAsleep = async (): Promise<boolean> =>
    !sound.isRendering &&
    /\tstreamspace\t.*\tSUSPENDED$/m.test(
      await pactl("list", "short", "sinks"),
    );
  await until("the sink's sleep", isAsleep, 6_000);
  await sleep(500);
}

/** How much later than the first of these each came than its RTP time says. */
function delaysMs(seen: readonly SeenPacket[]): number[] {
  const [first] = seen;
  if (first === undefined) expect.fail("no packet");
  return seen.map(
    ({ atMs, timestamp }) =>
      atMs -
      first.atMs -
      ((timestamp - first.timestamp) >>> 0) / (rate / 1_000),
  );
}

/** How long the machine takes for another encoder now. */
async function restartMs(): Promise<number> {
  const fromMs = performance.now();
  await pipeline.close();
  pipeline = await start();
  return performance.now() - fromMs;
}

const pidOf = (name: RegExp): number =>
  [...spawner.children].find((child) => name.test(child.name))?.pid ??
  expect.fail("no such child");

describe("silence", () => {
  test("sends nothing, and is no stall", async () => {
    await untilSilent();
    const before = packets.length;
    await sleep(4 * stallMs);
    expect(packets.length).toBe(before);
    expect(spawner.children.size, "sound server and encoder").toBe(2);
    await pipeline.close();
    await expect(pipeline.exited).resolves.toEqual({ kind: "requested" });
  });

  test("of a program that plays zeros sends some packets a second", async () => {
    const zeros = await playOn(["/dev/zero"]);
    await sleep(1_000);
    const before = packets.length;
    await sleep(2_000);
    const sent = packets.length - before;
    expect(sent).toBeGreaterThan(2);
    expect(sent).toBeLessThan(20);
    await zeros.close();
  });
});

test("the first sound after silence is whole, and its packets are 10 ms apart in RTP time", async () => {
  await untilSilent();
  const before = packets.length;
  await play(beepMs);
  await until("the beep", () => packets.length - before >= beepMs / 10);
  const beep = packets.slice(before, before + beepMs / 10);
  expect(beep[0]?.marker, "begins a talkspurt").toBe(true);
  const [first] = beep;
  expect(
    beep.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) >>> 0),
  ).toEqual(beep.map((_, index) => index * 480));
  // Its packets are those of a tone from the first on: silence is a quarter of that.
  expect(Math.min(...beep.map(({ bytes }) => bytes))).toBeGreaterThan(100);
});

test("RTP time counts the time of a pause", async () => {
  await play(beepMs);
  await until("the packets of the beep", () => packets.length >= 10);
  const from = packets.length - 10;
  await sleep(3_000);
  const pause = packets.length - from;
  await play(beepMs);
  await until("the next", () => packets.length >= from + pause + 10);
  const delays = delaysMs(packets.slice(from));
  // The quickest of ten: a moment in which this process does not run delays those that come meanwhile.
  const beforeMs = Math.min(...delays.slice(0, 10));
  const afterMs = Math.min(...delays.slice(pause, pause + 10));
  expect(Math.abs(afterMs - beforeMs)).toBeLessThan(60);
});

test("what was played before anybody listened is not heard late", async () => {
  await pipeline.close();
  await playTone();
  const aheadMs: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    await sleep(500); // The FIFO fills: nobody reads it.
    packets = [];
    pipeline = await start();
    await until("half a second of sound", () => packets.length >= 50);
    aheadMs.push(-Math.min(...delaysMs(packets).slice(-10)));
    await pipeline.close();
  }
  // A reader of a full FIFO would be 170 ms ahead of the time that has passed, at every start; a slow moment is at one.
  const [, , medianMs = NaN] = aheadMs.sort((a, b) => a - b);
  expect(Math.abs(medianMs)).toBeLessThan(60);
}, 60_000);

test("every start in the midst of a sound is heard", async () => {
  await playTone();
  for (let n = 0; n < 12; n += 1) {
    await pipeline.close();
    packets = [];
    pipeline = await start();
    await until(`sound of start ${n}`, () => packets.length > 20, 2_000);
  }
}, 90_000);

test("an encoder that sends nothing while something plays is ended as stalled", async () => {
  await pipeline.close();
  // It is told that something plays: to it that is a sound it makes no packets of.
  pipeline = await start(0, {
    ...{ fifo: sound.fifo, stateAgeMs: sound.stateAgeMs, isRendering: true },
    wake: () => {
      sound.wake();
    },
  });
  await expect(
    withDeadline(pipeline.exited, { timeoutMs: 8_000, what: "the verdict" }),
  ).resolves.toMatchObject({
    kind: "stalled",
    what: expect.stringMatching(/^no packet for \d+ ms/) as string,
  });
}, 15_000);

test("an encoder that was stopped is ended as stalled also while nothing plays", async () => {
  await untilSilent();
  const pid = pidOf(/audio-opus/);
  const stoppedMs = performance.now();
  process.kill(pid, "SIGSTOP");
  await expect(
    withDeadline(pipeline.exited, { timeoutMs: 3_000, what: "the verdict" }),
  ).resolves.toEqual({
    kind: "stalled",
    what: "it was stopped, by a signal or a debugger",
  });
  expect(performance.now() - stoppedMs).toBeLessThan(2_000);
  expect(sound.isRendering, "found without rendering").toBe(false);
}, 15_000);

test("an encoder that a debugger looks at for a moment goes on", async () => {
  await untilSilent();
  const pid = pidOf(/audio-opus/);
  for (let n = 0; n < 3; n += 1) {
    process.kill(pid, "SIGSTOP");
    await sleep(200);
    process.kill(pid, "SIGCONT");
    await sleep(700);
  }
  const before = packets.length;
  await play(100);
  await until("sound", () => packets.length > before);
}, 15_000);

test("a sink that somebody unloads comes back, with the stream that played to it", async () => {
  await playOn(["--latency-msec=50", "/dev/urandom"]);
  const isHeard = (): boolean => packets.some(({ bytes }) => bytes > 100);
  await until("sound before", isHeard);
  const beforeMs = await restartMs();
  await pactl("unload-module", "module-pipe-sink");
  const unloadedMs = performance.now();
  // The encoder sees the end of the FIFO; the supervisor starts another.
  await withDeadline(pipeline.exited, { timeoutMs: 1_000, what: "its end" });
  packets = [];
  pipeline = await start();
  await until("sound", isHeard);
  const tookMs = performance.now() - unloadedMs;
  // Usually the sink is missed within a second, and a start takes a tenth of one.
  const slowestMs = Math.max(beforeMs, await restartMs());
  expect(tookMs).toBeLessThan(Math.max(3_000, 10 * slowestMs));
}, 30_000);

test("a sound server that hangs is ended as stalled without being asked about", async () => {
  process.kill(pidOf(/pulseaudio/), "SIGSTOP");
  await expect(
    withDeadline(sound.exited, { timeoutMs: 4_000, what: "the verdict" }),
  ).resolves.toMatchObject({ kind: "stalled" });
});

test("in-band FEC comes and goes while something plays, for a moment of sound", async () => {
  await playTone();
  const beforeMs = await restartMs();
  await pipeline.close();
  await using replaceable = Object.assign(
    await ReplaceableAudio.start(
      (percent) => start(percent),
      0,
      new AbortController().signal,
    ),
    {
      async [Symbol.asyncDispose](): Promise<void> {
        await replaceable.close();
      },
    },
  );
  const modeNow = (): number | undefined => packets.at(-1)?.opusMode;
  const becomes = (what: string, isSo: (mode: number) => boolean) =>
    until(what, () => isSo(modeNow() ?? -1));
  packets.length = 0;
  await becomes("sound without FEC", (mode) => mode >= 16);
  replaceable.setFecLossPercent(10);
  await becomes("sound with FEC", (mode) => mode >= 12 && mode < 16);
  replaceable.setFecLossPercent(25);
  replaceable.setFecLossPercent(0);
  await becomes("sound without FEC again", (mode) => mode >= 16);
  const gaps = packets
    .slice(1)
    .map(({ atMs }, n) => atMs - (packets[n]?.atMs ?? 0));
  await replaceable.close();
  // A gap is the end of one encoder and the start of the next.
  const slowestMs = Math.max(beforeMs, await restartMs());
  expect(Math.max(...gaps)).toBeLessThan(Math.max(1_500, 5 * slowestMs));
}, 30_000);
