/**
 * 5.1: a browser that can receives each channel as it was played, and the others the same sound in stereo.
 */
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  launchFirefox,
  type FirefoxBrowser,
} from "../fixtures/browser-firefox.ts";
import { installProbe } from "../fixtures/e2e-page-probe.ts";
import {
  keepConnections,
  keepConnectionsOfStereoBrowser,
  readReceivedSound,
  recordChannels,
  type ReceivedSound,
} from "../fixtures/e2e-received-sound.ts";
import { report } from "../fixtures/e2e-report.ts";
import { playSurroundTones, playTones } from "../fixtures/e2e-tone.ts";
import {
  openInChromium,
  viewerPage,
  type ChromiumViewer,
} from "../fixtures/e2e-viewer.ts";
import {
  surroundOrder,
  surroundTones,
  tonePeaks,
  type SurroundChannel,
} from "../fixtures/surround-tones.ts";

const testTimeoutMs = 60_000;
const heard = { interval: 100, timeout: 10_000 };
const recordedFrames = 12_000;
/** Of the level at which a tone was played. */
const audibleLevel = 0.1;
const multistream = { mimeType: "audio/multiopus", channels: 6 };
const stereo = { mimeType: "audio/opus", channels: 2 };

let chromium: ChromiumBrowser;
let agent: AgentProcess;

const owned = new AsyncDisposableStack();

beforeAll(async () => {
  agent = owned.use(
    await startAgent({
      args: ["--audio-channels", "6"],
      command: ["sleep", "1000"],
    }),
  );
  chromium = owned.use(await launchChromium());
  await agent.waitForHealth(
    "every part of the session",
    ({ status }) => status === "ready",
  );
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

/** A page that plays, with a gesture behind it. */
async function open(initScript: () => void): Promise<ChromiumViewer> {
  const viewer = await openInChromium(chromium.browser, agent.url, {
    initScript,
  });
  try {
    await viewer.waitForState("connected", 20_000);
    await viewer.page.mouse.click(400, 300);
    await expect.poll(() => viewer.isSilent(), heard).toBe(false);
    return viewer;
  } catch (error) {
    await viewer[Symbol.asyncDispose]();
    throw error;
  }
}

const received = (viewer: ChromiumViewer): Promise<ReceivedSound | undefined> =>
  viewer.page.evaluate(readReceivedSound);

/** The tones that are heard in each channel, as the browser's decoder puts them out. */
async function tonesOfChannels(
  viewer: ChromiumViewer,
): Promise<SurroundChannel[][]> {
  const channels = await viewer.page.evaluate(recordChannels, recordedFrames);
  return channels.map((samples) => {
    const peaks = tonePeaks(Float32Array.from(samples), {
      channel: 0,
      channels: 1,
    });
    return surroundOrder.filter((tone) => peaks[tone] > audibleLevel);
  });
}

/** The loudest tone of the left and the right, as Web Audio has them. */
async function loudestOfSides(viewer: ChromiumViewer): Promise<number[]> {
  const spectra = [await viewer.spectrum(0), await viewer.spectrum(1)];
  return spectra.map(({ peakHz }) => Math.round(peakHz / 10) * 10);
}

const oneEach = surroundOrder.map((channel) => [channel]);
const sides = [surroundTones["front-left"], surroundTones["front-right"]];

test(
  "Chromium receives six channels, each with its own tone",
  async () => {
    await using viewer = await open(keepConnections);
    await using player = await playSurroundTones(agent);
    await expect.poll(() => tonesOfChannels(viewer), heard).toEqual(oneEach);
    const before = await received(viewer);
    expect(before).toMatchObject(multistream);
    await expect
      .poll(async () => (await received(viewer))?.energy, heard)
      .toBeGreaterThan((before?.energy ?? 0) + 0.01);
    const { energy = NaN } = (await received(viewer)) ?? {};
    report("audio energy", energy * 1_000, "thousandths");
    // One to try, and one in use.
    expect(before?.connections).toBe(2);
    await player.close();
  },
  testTimeoutMs,
);

test(
  "a browser that refuses the codec, and its connection with it, has stereo and no error",
  async () => {
    await using surround = await open(keepConnections);
    await using viewer = await open(keepConnectionsOfStereoBrowser);
    await viewer.listen();
    await using player = await playSurroundTones(agent);
    await expect.poll(() => loudestOfSides(viewer), heard).toEqual(sides);
    expect(await received(viewer)).toMatchObject(stereo);
    await expect
      .poll(() => received(surround), heard)
      .toMatchObject(multistream);
    expect(await viewer.state()).toBe("connected");
    await player.close();
  },
  testTimeoutMs,
);

test(
  "stereo that is played comes out in front, on its two sides",
  async () => {
    await using viewer = await open(keepConnections);
    await using player = await playTones(agent, sides);
    await expect
      .poll(() => tonesOfChannels(viewer), heard)
      .toEqual([["front-left"], ["front-right"], [], [], [], []]);
    await player.close();
  },
  testTimeoutMs,
);

test(
  "all channels are heard again after the sound server was killed",
  async () => {
    await using viewer = await open(keepConnections);
    const [server] = agent
      .processes()
      .filter(({ command }) => /^\S*pulseaudio /.test(command));
    process.kill(server?.pid ?? expect.fail("no sound server"), "SIGKILL");
    await expect
      .poll(async () => {
        const { components } = await agent.health();
        return components.map(({ name, state, restarts }) =>
          name === "sound" ? { state, restarts } : undefined,
        );
      }, heard)
      .toContainEqual({ state: "running", restarts: 1 });
    await using player = await playSurroundTones(agent);
    await expect.poll(() => tonesOfChannels(viewer), heard).toEqual(oneEach);
    expect(await viewer.state()).toBe("connected");
    await player.close();
  },
  testTimeoutMs,
);

test(
  "Firefox receives stereo",
  async () => {
    await using firefox: FirefoxBrowser = await launchFirefox();
    const page: Page = await firefox.browser.newPage();
    await page.evaluateOnNewDocument(installProbe);
    await page.evaluateOnNewDocument(keepConnections);
    await page.goto(agent.url, { timeout: 15_000 });
    const viewer = viewerPage({
      evaluate: (script, argument) =>
        page.evaluate(script as (argument: unknown) => never, argument),
    });
    await viewer.waitForState("connected", 20_000);
    await using player = await playSurroundTones(agent);
    const sound = (): Promise<ReceivedSound | undefined> =>
      page.evaluate(readReceivedSound);
    // Without a sound card its Web Audio stands still, so there is no spectrum; the decoder measures what it plays.
    await expect
      .poll(async () => (await sound())?.energy, heard)
      .toBeGreaterThan(0.1);
    expect(await sound()).toMatchObject({ ...stereo, connections: 2 });
    await player.close();
  },
  testTimeoutMs,
);
