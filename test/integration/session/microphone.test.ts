/**
 * The microphone with real parts: what is played into it is what a program of the session records.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  test,
} from "vitest";
import { ChildSpawner, runToEnd } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import {
  startMicrophone,
  type RunningMicrophone,
} from "../../../agent/session/microphone.ts";
import {
  createSessionDirectory,
  type SessionPaths,
} from "../../../agent/session/session-directory.ts";
import {
  pulseServerAddress,
  startSoundServer,
} from "../../../agent/session/sound-server.ts";
import { silentLog } from "../../fakes/logs.ts";
import { report } from "../../fixtures/e2e-report.ts";
import {
  loudness,
  Recording,
  recordedHz,
  recordSound,
  shareAt,
} from "../../fixtures/recorded-sound.ts";
import { opusPackets, rtpOf, Speaker } from "../../fixtures/speech.ts";

const spokenHz = 440;
const context = {
  signal: new AbortController().signal,
  generation: 1,
  log: silentLog,
};

let tone: Buffer[];
let silence: Buffer[];
let folder: string;
let paths: SessionPaths;
let env: NodeJS.ProcessEnv;
let spawner: ChildSpawner;

beforeAll(async () => {
  tone = await opusPackets(spokenHz, 4);
  silence = await opusPackets(undefined, 1);
}, 30_000);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-microphone-"));
  ({ paths } = createSessionDirectory(folder));
  spawner = new ChildSpawner();
  env = {
    ...process.env,
    PULSE_SERVER: pulseServerAddress(paths),
    PULSE_COOKIE: paths.pulseCookie,
  };
  await startSoundServer(
    { spawner, paths, microphone: true, env: process.env },
    context,
  );
}, 20_000);

afterEach(async () => {
  await Promise.all([...spawner.children].map((child) => child.close()));
  rmSync(folder, { recursive: true, force: true });
});

afterAll(() => {
  expect(spawner.children.size).toBe(0);
});

const startPlayer = (): Promise<RunningMicrophone> =>
  startMicrophone({ spawner, clock: systemClock, env }, context);

const childNamed = (name: string) =>
  [...spawner.children].find((child) => child.name === name);

async function pactl(...args: string[]): Promise<string> {
  const result = await runToEnd({ file: "pactl", args, env, timeoutMs: 5_000 });
  expect(result.exitCode, result.stderrLines.join("\n")).toBe(0);
  return result.stdout;
}

test("is the default source, which is silent while nobody speaks", async () => {
  const info = await pactl("info");
  expect(info).toContain("Default Source: microphone");
  expect(info).toContain("Default Sink: streamspace");
  expect(loudness(await recordSound(env, 0.5))).toBe(0);
});

test("a program hears the speaker", async () => {
  const player = await startPlayer();
  const speaker = new Speaker((packet) => {
    player.play(packet);
  });
  await using recording = new Recording(env);
  const speaking = speaker.say(tone);
  await sleep(1_500);
  expect(shareAt(await recording.next(1), spokenHz)).toBeGreaterThan(0.8);
  await speaking;
  await player.close();
  await sleep(500);
  expect(loudness(await recording.next(0.5))).toBe(0);
}, 20_000);

test("another speaker, whose numbers begin elsewhere, is heard at once", async () => {
  const player = await startPlayer();
  await using recording = new Recording(env);
  const play = (packet: Buffer): void => {
    player.play(packet);
  };
  await new Speaker(play, { ssrc: 1, sequence: 10, timestamp: 5 }).say(
    tone.slice(0, 50),
  );
  const next = new Speaker(play, { ssrc: 2, sequence: 40_000 });
  const speaking = next.say(tone);
  await sleep(1_500);
  expect(shareAt(await recording.next(1), spokenHz)).toBeGreaterThan(0.8);
  await speaking;
}, 20_000);

test("garbage and floods do no more than fill the moment", async () => {
  const player = await startPlayer();
  const { pid } = childNamed("microphone") ?? {};
  for (let index = 0; index < 5_000; index += 1) {
    const size = index % 1_400;
    player.play(
      rtpOf(randomBytes(size), {
        sequence: randomBytes(2).readUInt16BE(),
        timestamp: randomBytes(4).readUInt32BE(),
        ssrc: index % 7,
      }),
    );
    if (index % 100 === 0) await sleep(5);
  }
  player.play(Buffer.alloc(0));
  player.play(Buffer.alloc(12));
  await sleep(1_000);
  const speaker = new Speaker((packet) => {
    player.play(packet);
  });
  await using recording = new Recording(env);
  const speaking = speaker.say(tone);
  await sleep(2_000);
  expect(shareAt(await recording.next(1), spokenHz)).toBeGreaterThan(0.8);
  expect(childNamed("microphone")?.pid).toBe(pid);
  await speaking;
}, 30_000);

test("a player that stands still takes no more than its pipe, and is ended", async () => {
  const player = await startPlayer();
  const child = childNamed("microphone");
  process.kill(child?.pid ?? 0, "SIGSTOP");
  const stop = setInterval(() => {
    for (let index = 0; index < 20; index += 1)
      player.play(rtpOf(randomBytes(1_000), { sequence: 1, timestamp: 1 }));
  }, 10);
  try {
    await expect(
      withDeadline(player.exited, { timeoutMs: 10_000, what: "its end" }),
    ).resolves.toMatchObject({ kind: "stalled" });
  } finally {
    clearInterval(stop);
  }
}, 20_000);

test("a start that is called off leaves nothing behind", async () => {
  const abort = new AbortController();
  const starting = startMicrophone(
    { spawner, clock: systemClock, env },
    { signal: abort.signal },
  );
  abort.abort();
  await expect(starting).rejects.toMatchObject({ code: "aborted" });
  await poll(() => childNamed("microphone") === undefined || undefined, {
    everyMs: 20,
    timeoutMs: 3_000,
    what: "the end of the player",
  });
});

test("a microphone that somebody unloads comes back, as the default source", async () => {
  await pactl("unload-module", "module-null-sink");
  await poll(
    async () =>
      (await pactl("info")).includes("Default Source: microphone") || undefined,
    { everyMs: 200, timeoutMs: 8_000, what: "the microphone" },
  );
}, 20_000);

test("a word is heard while it is said", async () => {
  const player = await startPlayer();
  await using recording = new Recording(env, 10);
  const heardMs: number[] = [];
  let quiet = recordedHz;
  recording.onSamples = (samples) => {
    for (const sample of samples) {
      if (Math.abs(sample) < 3_000) {
        quiet += 1;
        continue;
      }
      if (quiet > recordedHz / 10) heardMs.push(performance.now());
      quiet = 0;
    }
  };
  const speaker = new Speaker((packet) => {
    player.play(packet);
  });
  const saidMs: number[] = [];
  await speaker.say(silence);
  for (let word = 0; word < 12; word += 1) {
    saidMs.push(performance.now());
    await speaker.say([...tone.slice(0, 5), ...silence.slice(0, 20)]);
  }
  await sleep(500);
  const delays = saidMs
    .map((said) => heardMs.find((heard) => heard > said && heard < said + 450))
    .map((heard, index) => (heard ?? Infinity) - (saidMs[index] ?? 0))
    .sort((one, other) => one - other);
  const median = delays[Math.floor(delays.length / 2)] ?? Infinity;
  report("a word is heard after, p50", median);
  report("and the slowest after", delays.at(-1) ?? Infinity);
  // Measured: 108 ms, of which 60 wait for packets that are late.
  expect(median).toBeLessThan(250);
}, 30_000);
