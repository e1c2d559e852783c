/**
 * Sound: what is played in the session is what a browser receives, told by its spectrum.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import type { Spectrum } from "../fixtures/e2e-page-probe.ts";
import { report } from "../fixtures/e2e-report.ts";
import { playTones } from "../fixtures/e2e-tone.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 40_000;
const heard = { interval: 50, timeout: 8_000 };
const toleranceHz = 5;
const prominenceDb = 30;

let chromium: ChromiumBrowser;
let agent: AgentProcess;

beforeAll(async () => {
  [chromium, agent] = await Promise.all([
    // The rule that people's browsers have; without a window Chromium is more lenient.
    launchChromium({
      args: ["--autoplay-policy=document-user-activation-required"],
    }),
    startAgent({ command: ["sleep", "1000"] }),
  ]);
  await agent.waitForHealth(
    "every part of the session",
    ({ status }) => status === "ready",
  );
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
});

/** A page that plays, with somebody who listens. */
async function openListening(): Promise<ChromiumViewer> {
  const viewer = await openInChromium(chromium.browser, agent.url);
  try {
    await viewer.waitForState("connected");
    // The browser wants a click first.
    await viewer.page.mouse.click(400, 300);
    await expect.poll(() => viewer.isSilent(), heard).toBe(false);
    await viewer.listen();
    return viewer;
  } catch (error) {
    await viewer[Symbol.asyncDispose]();
    throw error;
  }
}

/** The spectrum as a judgement, so that a failure shows all of it. */
function describeTone(spectrum: Spectrum, expectedHz: number): string {
  const { peakHz, peakDb, medianDb } = spectrum;
  const isThere =
    Math.abs(peakHz - expectedHz) <= toleranceHz &&
    peakDb - medianDb >= prominenceDb;
  return isThere
    ? `${expectedHz} Hz`
    : `${peakHz.toFixed(1)} Hz at ${peakDb.toFixed(0)} dB over ${medianDb.toFixed(0)} dB`;
}

test(
  "a tone of 440 Hz that is played in the session is heard in the browser",
  async () => {
    await using viewer = await openListening();
    const startMs = performance.now();
    await using tone = await playTones(agent, [440]);
    await expect
      .poll(async () => describeTone(await viewer.spectrum(0), 440), heard)
      .toBe("440 Hz");
    report(
      "start of the player to the tone in the spectrum",
      performance.now() - startMs,
    );
    const { peakDb, medianDb } = await viewer.spectrum(0);
    report("tone above the median of the spectrum", peakDb - medianDb, "dB");
    // The browser hands out one channel until the first stereo packet has been decoded.
    await expect
      .poll(async () => describeTone(await viewer.spectrum(1), 440), heard)
      .toBe("440 Hz");
    await tone.close();
    await expect
      .poll(async () => (await viewer.spectrum(0)).peakDb, heard)
      .toBeLessThan(peakDb - prominenceDb);
  },
  testTimeoutMs,
);

test(
  "waits for a click where the browser wants one, and says so",
  async () => {
    const context = await chromium.browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(agent.url);
      // Not with the driver's own means, which count as gestures.
      const devTools = await context.newCDPSession(page);
      const ask = async (expression: string): Promise<unknown> => {
        const { result } = await devTools.send("Runtime.evaluate", {
          expression,
          userGesture: false,
          returnByValue: true,
        });
        return result.value as unknown;
      };
      const button = "document.querySelector('.sound-button')";
      const box = `JSON.stringify(${button}.getBoundingClientRect())`;
      await expect
        .poll(() => ask(`${button}?.innerText`), heard)
        .toContain("Turn on sound");
      await expect.poll(() => ask(`${button}.hidden`), heard).toBe(false);
      expect(await ask("streamspace.audio.paused")).toBe(true);
      const { x, y, width, height } = JSON.parse(String(await ask(box))) as {
        x: number;
        y: number;
        width: number;
        height: number;
      };
      await page.mouse.click(x + width / 2, y + height / 2);
      await expect
        .poll(() => ask("streamspace.audio.paused"), heard)
        .toBe(false);
      // The element counts as playing at once, the button goes when the browser has agreed.
      await expect.poll(() => ask(`${button}.hidden`), heard).toBe(true);
    } finally {
      await context.close();
    }
  },
  testTimeoutMs,
);

test(
  "left and right stay apart",
  async () => {
    await using viewer = await openListening();
    await using tones = await playTones(agent, [440, 660]);
    await expect
      .poll(
        async () => [
          describeTone(await viewer.spectrum(0), 440),
          describeTone(await viewer.spectrum(1), 660),
        ],
        heard,
      )
      .toEqual(["440 Hz", "660 Hz"]);
    await tones.close();
  },
  testTimeoutMs,
);
