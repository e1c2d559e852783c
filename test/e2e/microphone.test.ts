/**
 * The microphone: what the browser hears is what a program of the session records, and nobody else's ever.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { poll, sleep } from "../../agent/base/deadline.ts";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { report } from "../fixtures/e2e-report.ts";
import { processOf } from "../fixtures/e2e-session.ts";
import { playTones } from "../fixtures/e2e-tone.ts";
import { shareLink } from "../fixtures/e2e-sharing.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 100, timeout: 10_000 };
const rate = 48_000;
const spokenHz = 440;

let chromium: ChromiumBrowser;
let agent: AgentProcess;
let controllerUrl: string;
const owned = new AsyncDisposableStack();

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "microphone-"));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  const tone = join(folder, "tone.wav");
  await writeFile(tone, wave(spokenHz, 10));
  agent = owned.use(
    await startAgent({ args: ["--microphone"], command: ["sleep", "1000"] }),
  );
  chromium = owned.use(
    await launchChromium({
      args: [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        `--use-file-for-fake-audio-capture=${tone}`,
      ],
    }),
  );
  controllerUrl = agent.url;
  await agent.waitForHealth(
    "every part of the session",
    ({ status }) => status === "ready",
  );
}, 60_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

/** A sine as a RIFF file of 16-bit mono. */
function wave(hz: number, seconds: number): Buffer {
  const samples = rate * seconds;
  const file = Buffer.alloc(44 + 2 * samples);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(36 + 2 * samples, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(2 * samples, 40);
  for (let at = 0; at < samples; at += 1)
    file.writeInt16LE(
      Math.round(12_000 * Math.sin((2 * Math.PI * hz * at) / rate)),
      44 + 2 * at,
    );
  return file;
}

/** Records the session's default source as any program would. */
async function record(seconds: number): Promise<Int16Array> {
  const recorder = spawn(
    "parec",
    [
      ...["--raw", "--format=s16le", `--rate=${rate}`, "--channels=1"],
      "--latency-msec=20",
    ],
    {
      env: {
        PATH: process.env["PATH"],
        HOME: join(agent.folder, "home"),
        PULSE_SERVER: agent.facts().pulseServer,
        PULSE_COOKIE: join(agent.folder, "tmp", "cookie"),
      },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const chunks: Buffer[] = [];
  recorder.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  try {
    await poll(
      () => {
        const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
        return bytes >= 2 * rate * seconds || undefined;
      },
      {
        everyMs: 20,
        timeoutMs: 1_000 * seconds + 5_000,
        what: "the recording",
      },
    );
  } finally {
    recorder.kill("SIGKILL");
  }
  const all = Buffer.concat(chunks);
  return new Int16Array(all.buffer.slice(all.byteOffset), 0, rate * seconds);
}

/** The share of the recording's energy that is at `hz`, 0…1, by Goertzel's algorithm; 0 for silence. */
function shareAt(samples: Int16Array, hz: number): number {
  const step = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [before, last, energy] = [0, 0, 0];
  for (const sample of samples) {
    [before, last] = [last, sample + step * last - before];
    energy += sample * sample;
  }
  if (energy < samples.length) return 0;
  const power = before * before + last * last - step * before * last;
  return (2 * power) / (samples.length * energy);
}

const loudness = (samples: Int16Array): number =>
  Math.sqrt(
    samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length,
  );

async function open(url: string): Promise<ChromiumViewer> {
  const viewer = await openInChromium(chromium.browser, url);
  await viewer.waitForState("connected");
  return viewer;
}

const microphoneButton = ({ page }: ChromiumViewer, on: boolean) =>
  page.getByRole("button", {
    name: on ? "Turn the microphone on" : "Turn the microphone off",
    includeHidden: true,
  });

/** The children of the agent that play what is said. */
const players = (): number =>
  agent
    .processes()
    .filter(({ command }) => command.includes("streamspace_microphone")).length;

test(
  "what the browser hears is what a program of the session records, until it is turned off",
  async () => {
    await using viewer = await open(controllerUrl);
    expect(loudness(await record(1))).toBe(0);
    expect(players()).toBe(0);
    await viewer.page.mouse.move(600, 1);
    await microphoneButton(viewer, true).click();
    await viewer.waitForWords(/The session hears you/);
    await expect
      .poll(async () => shareAt(await record(1), spokenHz), arrival)
      .toBeGreaterThan(0.8);
    expect(players()).toBe(1);
    await viewer.page.mouse.move(600, 1);
    await microphoneButton(viewer, false).click();
    await expect.poll(async () => loudness(await record(1)), arrival).toBe(0);
    await expect.poll(players, arrival).toBe(0);
  },
  testTimeoutMs,
);

test(
  "a program that records hears nothing of what the session plays",
  async () => {
    await using viewer = await open(controllerUrl);
    await using playing = new AsyncDisposableStack();
    playing.use(await playTones(agent, [1_000]));
    await sleep(500);
    expect(loudness(await record(1))).toBe(0);
    expect(await viewer.state()).toBe("connected");
  },
  testTimeoutMs,
);

test(
  "a viewer who only looks has no microphone, and one that loses control falls silent",
  async () => {
    await using speaker = await open(controllerUrl);
    await speaker.page.mouse.move(600, 1);
    await microphoneButton(speaker, true).click();
    await expect
      .poll(async () => shareAt(await record(1), spokenHz), arrival)
      .toBeGreaterThan(0.8);
    const viewerLink = await shareLink(speaker.page);
    await using looker = await open(viewerLink);
    expect(await microphoneButton(looker, true).isHidden()).toBe(true);
  },
  testTimeoutMs,
);

test(
  "the microphone is back after the sound server was killed",
  async () => {
    await using viewer = await open(controllerUrl);
    await viewer.page.mouse.move(600, 1);
    await microphoneButton(viewer, true).click();
    await expect
      .poll(async () => shareAt(await record(1), spokenHz), arrival)
      .toBeGreaterThan(0.8);
    process.kill(processOf(agent, "pulseaudio"), "SIGKILL");
    const killedMs = performance.now();
    await expect
      .poll(
        async () => {
          try {
            return shareAt(await record(1), spokenHz);
          } catch {
            return 0; // There is no sound server yet.
          }
        },
        { interval: 100, timeout: 15_000 },
      )
      .toBeGreaterThan(0.8);
    report("heard again after", performance.now() - killedMs);
  },
  testTimeoutMs,
);
