/**
 * The microphone: what the browser hears is what a program of the session records, from one viewer at a time, and
 * nothing else ever.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import { pulseSource } from "../../agent/session/sound-sinks.ts";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  launchSpeakingChromium,
  microphoneState,
  playersOf,
  soundEnvironment,
  spokenHz,
  turnMicrophone,
} from "../fixtures/e2e-microphone.ts";
import { answers, attack, keepConnections } from "../fixtures/e2e-attack.ts";
import { report } from "../fixtures/e2e-report.ts";
import { componentOf, processOf } from "../fixtures/e2e-session.ts";
import {
  openRelay,
  shareLink,
  sharingState,
  waitForSharing,
  wish,
} from "../fixtures/e2e-sharing.ts";
import { playTones } from "../fixtures/e2e-tone.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";
import {
  loudness,
  Recording,
  recordedHz,
  recordSound,
  shareAt,
} from "../fixtures/recorded-sound.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 100, timeout: 10_000 };
/** A gate of the browser's noise suppression opens and shuts: this is far from what anything else has. */
const mostly = 0.8;

let chromium: ChromiumBrowser;
let agent: AgentProcess;
const owned = new AsyncDisposableStack();

beforeAll(async () => {
  chromium = owned.use(await launchSpeakingChromium());
  agent = owned.use(
    await startAgent({
      args: ["--microphone", "--control", "exclusive"],
      command: ["sleep", "1000"],
    }),
  );
  await agent.waitForHealth(
    "every part of the session",
    ({ status }) => status === "ready",
  );
}, 60_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

beforeEach(async () => {
  // Who spoke in the test before has gone; its player lingers.
  await expect.poll(() => playersOf(agent), arrival).toBe(0);
});

const record = (seconds: number): Promise<Int16Array> =>
  recordSound(soundEnvironment(agent), seconds);

/** What the session plays, as what asks for it by name records it. */
const recordOutput = (seconds: number): Promise<Int16Array> =>
  recordSound(
    { ...soundEnvironment(agent), PULSE_SOURCE: pulseSource },
    seconds,
  );

async function open(
  url = agent.url,
  { browser } = chromium,
): Promise<ChromiumViewer> {
  const viewer = await openInChromium(browser, url);
  await viewer.waitForState("connected");
  await expect
    .poll(() => microphoneState(viewer.page), arrival)
    .not.toBe("unavailable");
  return viewer;
}

/** Opens a page that has control, which may still be kept for the page of the test before. */
async function openSpeaker(
  url = agent.url,
  from = chromium,
): Promise<ChromiumViewer> {
  const viewer = await open(url, from);
  await takeControl(viewer);
  return viewer;
}

async function takeControl({ page }: ChromiumViewer): Promise<void> {
  await wish(page, "takeControl");
  await waitForSharing(page, "control", ({ mayControl }) => mayControl);
}

async function isHeard(): Promise<void> {
  await expect
    .poll(async () => shareAt(await record(0.5), spokenHz), arrival)
    .toBeGreaterThan(mostly);
}

async function isSilent(): Promise<void> {
  await expect.poll(async () => loudness(await record(0.5)), arrival).toBe(0);
}

const microphoneButton = ({ page }: ChromiumViewer, on: boolean) =>
  page.getByRole("button", {
    name: on ? "Turn the microphone on" : "Turn the microphone off",
    includeHidden: true,
  });

async function press(viewer: ChromiumViewer, on: boolean): Promise<void> {
  await viewer.page.mouse.move(600, 1);
  await microphoneButton(viewer, on).click();
}

test(
  "what the browser hears is what a program of the session records, until it is turned off",
  async () => {
    await using viewer = await openSpeaker();
    expect(loudness(await record(0.5))).toBe(0);
    expect(playersOf(agent)).toBe(0);
    await press(viewer, true);
    await viewer.waitForWords(/The session hears you/);
    await isHeard();
    expect(playersOf(agent)).toBe(1);
    expect(componentOf(await agent.health(), "microphone")?.state).toBe(
      "running",
    );
    await press(viewer, false);
    expect(await viewer.words()).not.toMatch(/The session hears you/);
    await isSilent();
    await expect.poll(() => playersOf(agent), arrival).toBe(0);
    await agent.waitForHealth(
      "a microphone at rest",
      (health) => componentOf(health, "microphone")?.state === "standby",
    );
    expect(agent.lastLines().join("\n")).not.toMatch(/error/i);
  },
  testTimeoutMs,
);

test(
  "the panel turns it on by the keyboard, says what it does and shows how loud the user is",
  async () => {
    await using viewer = await openSpeaker();
    const { page } = viewer;
    await page.mouse.move(600, 1);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("tab", { name: "Sound" }).click();
    const toggle = page.getByRole("switch", {
      name: "Let the session hear my microphone",
    });
    await toggle.focus();
    await page.keyboard.press("Space");
    const meter = page.getByRole("meter", { name: "How loud you are" });
    await expect
      .poll(
        () => meter.evaluate((bar: { value?: number }) => bar.value),
        arrival,
      )
      .toBeGreaterThan(0.2);
    await isHeard();
    await page.keyboard.press("Space");
    await isSilent();
  },
  testTimeoutMs,
);

test(
  "a program that records hears nothing of what the session plays",
  async () => {
    await using viewer = await openSpeaker();
    await using playing = new AsyncDisposableStack();
    playing.use(await playTones(agent, [1_000]));
    await expect
      .poll(async () => shareAt(await recordOutput(0.5), 1_000), arrival)
      .toBeGreaterThan(mostly);
    expect(loudness(await record(1))).toBe(0);
    await turnMicrophone(viewer.page, true);
    await isHeard();
    expect(shareAt(await record(0.5), 1_000)).toBeLessThan(0.05);
  },
  testTimeoutMs,
);

test(
  "who only looks has no microphone, and is not heard when it says so",
  async () => {
    await using controller = await openSpeaker();
    const link = await shareLink(controller.page);
    await using looker = await openInChromium(chromium.browser, link, {
      initScript: keepConnections,
    });
    await looker.waitForState("connected");
    // What the agent says of the microphone, it says before.
    await waitForSharing(
      looker.page,
      "both viewers",
      ({ viewers }) => viewers.length === 2,
    );
    expect(await microphoneState(looker.page)).toBe("unavailable");
    expect(await microphoneButton(looker, true).isHidden()).toBe(true);
    expect(await turnMicrophone(looker.page, true)).toBe("unavailable");
    const wished = JSON.stringify({ type: "microphone-start" });
    expect(await attack(looker.page, "WebSocket", wished)).toBe(true);
    await expect
      .poll(async () => (await answers(looker.page)).errors, arrival)
      .toContainEqual(expect.stringContaining('"about":"microphone-start"'));
    await isSilent();
    expect(playersOf(agent)).toBe(0);
  },
  testTimeoutMs,
);

test(
  "the speaker falls silent when control moves, and the next one speaks when it wants to",
  async () => {
    await using first = await openSpeaker();
    await turnMicrophone(first.page, true);
    await isHeard();
    await using second = await open();
    expect(await turnMicrophone(second.page, true)).toBe("no-control");
    await isHeard();
    await takeControl(second);
    await expect
      .poll(() => microphoneState(first.page), arrival)
      .toBe("no-control");
    await first.waitForWords(/Only who controls the session speaks/);
    await isSilent();
    expect(await turnMicrophone(second.page, true)).toBe("on");
    await isHeard();
  },
  testTimeoutMs,
);

test(
  "the microphone goes on after the sound server was killed",
  async () => {
    await using viewer = await openSpeaker();
    await turnMicrophone(viewer.page, true);
    await isHeard();
    const killedPid = processOf(agent, "pulseaudio");
    process.kill(killedPid, "SIGKILL");
    const killedMs = performance.now();
    await poll(
      async () => {
        try {
          return shareAt(await record(0.2), spokenHz) > mostly || undefined;
        } catch {
          return undefined; // There is no sound server yet.
        }
      },
      { everyMs: 100, timeoutMs: 20_000, what: "speech after the accident" },
    );
    report("heard again after", performance.now() - killedMs);
    expect(processOf(agent, "pulseaudio")).not.toBe(killedPid);
    expect(await microphoneState(viewer.page)).toBe("on");
  },
  testTimeoutMs,
);

test(
  "the microphone goes on after the connection was lost for a moment",
  async () => {
    await using relay = await openRelay(agent.port);
    const url = new URL(agent.url);
    url.port = String(relay.port);
    await using viewer = await openSpeaker(url.href);
    await turnMicrophone(viewer.page, true);
    await isHeard();
    const before = await sharingState(viewer.page);
    relay.cut();
    relay.mend();
    await waitForSharing(
      viewer.page,
      "another connection",
      ({ viewerId }) => viewerId !== before.viewerId,
    );
    await viewer.waitForState("connected");
    await expect.poll(() => microphoneState(viewer.page), arrival).toBe("on");
    await isHeard();
  },
  testTimeoutMs,
);

test(
  "the words of a browser that does not allow a microphone, and of a page without HTTPS",
  async () => {
    // Without a device it would say that there is none, and would not even ask.
    await using strict = await launchChromium({
      args: ["--use-fake-device-for-media-stream", "--deny-permission-prompts"],
    });
    await using viewer = await openSpeaker(agent.url, strict);
    await press(viewer, true);
    await viewer.waitForWords(/The browser does not allow the microphone/);
    await viewer.page.evaluate(() => {
      Object.defineProperty(navigator, "mediaDevices", { value: undefined });
    });
    await press(viewer, true);
    await viewer.waitForWords(/Browsers give a microphone only to pages/);
  },
  testTimeoutMs,
);

test(
  "a word is in the session while it is said",
  async () => {
    await using beeping = await launchSpeakingChromium([150, 850]);
    await using viewer = await openSpeaker(agent.url, beeping);
    expect(await turnMicrophone(viewer.page, true)).toBe("on");
    await using recording = new Recording(soundEnvironment(agent), 10);
    const heardMs: number[] = [];
    let quiet = recordedHz;
    recording.onSamples = (samples) => {
      for (const sample of samples) {
        quiet += 1;
        if (Math.abs(sample) < 1_500) continue;
        if (quiet > recordedHz / 3) heardMs.push(Date.now());
        quiet = 0;
      }
    };
    // With the first words the browser's gain control and noise suppression settle.
    await expect.poll(() => heardMs.length, arrival).toBeGreaterThan(2);
    const saidMs = await viewer.page.evaluate(wordsSaid, 8_000);
    const delays = saidMs
      .map((said) => {
        const heard = heardMs.find((time) => time > said - 50);
        return heard === undefined ? Infinity : heard - said;
      })
      .sort((one, other) => one - other);
    const median = delays[Math.floor(delays.length / 2)] ?? Infinity;
    report("words said", saidMs.length, "");
    report("from the page's own meter to a program, p50", median);
    report("and at most", delays.at(-1) ?? Infinity);
    expect(median).toBeLessThan(400);
  },
  testTimeoutMs,
);

/** In the page: when each word began, for `forMs`. */
async function wordsSaid(forMs: number): Promise<number[]> {
  const { microphone } = (
    globalThis as unknown as {
      streamspace: { microphone: { readonly level: number } };
    }
  ).streamspace;
  const begun: number[] = [];
  const endMs = Date.now() + forMs;
  let quietSince = Date.now();
  while (Date.now() < endMs) {
    const isLoud = microphone.level > 0.5;
    if (isLoud && Date.now() - quietSince > 300) begun.push(Date.now());
    if (isLoud) quietSince = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return begun;
}
