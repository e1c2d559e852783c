/**
 * Healing: whatever child is killed, the session comes back, and the page shows it without a reload.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { report } from "../fixtures/e2e-report.ts";
import {
  componentOf,
  findProcess,
  processOf,
  untilNotReady,
  type SessionChild,
} from "../fixtures/e2e-session.ts";
import { playTones } from "../fixtures/e2e-tone.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";
import { startX11Client } from "../fixtures/x11-client-process.ts";

const testTimeoutMs = 40_000;
const healLimitMs = 10_000;
const heard = { interval: 50, timeout: 8_000 };

let chromium: ChromiumBrowser;
let agent: AgentProcess;
let viewer: ChromiumViewer;

beforeAll(async () => {
  // The demo desktop moves all the time, so a picture that stands still is a dead one.
  [chromium, agent] = await Promise.all([launchChromium(), startAgent()]);
  viewer = await openInChromium(chromium.browser, agent.url);
  await viewer.waitForState("connected");
  await viewer.page.mouse.click(400, 300); // For the sound.
  await viewer.page.evaluate(() => {
    (globalThis as { neverReloaded?: boolean }).neverReloaded = true;
  });
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
});

/** Names of the children in the health snapshot; the guard has none. */
const componentNames: Readonly<
  Partial<Record<SessionChild, string | undefined>>
> = {
  Xvfb: "display",
  "window manager": "window-manager",
  pulseaudio: "sound",
  application: "application",
  "video encoder": "video-h264",
  "audio encoder": "audio",
  guard: undefined,
};

test.each(Object.keys(componentNames) as SessionChild[])(
  "the session heals when its %s is killed",
  async (child) => {
    await expectWell();
    const restartsBefore = await restartsOf(child);
    const killed = processOf(agent, child);
    const startMs = performance.now();
    process.kill(killed, "SIGKILL");
    await poll(
      () => {
        const pid = findProcess(agent, child);
        return pid !== undefined && pid !== killed ? pid : undefined;
      },
      { everyMs: 10, timeoutMs: healLimitMs, what: `another ${child}` },
    );
    await agent.waitForHealth(
      `health after the end of ${child}`,
      ({ status }) => status === "ready",
      healLimitMs,
    );
    const readyMs = performance.now() - startMs;
    await viewer.waitForChange(healLimitMs);
    report(`${child} killed: healthy again`, readyMs);
    report(`${child} killed: picture moves`, performance.now() - startMs);
    if (componentNames[child] !== undefined)
      expect(await restartsOf(child)).toBe((restartsBefore ?? 0) + 1);
    await expectWell();
    expect(
      await viewer.page.evaluate(
        () => (globalThis as { neverReloaded?: boolean }).neverReloaded,
      ),
    ).toBe(true);
  },
  testTimeoutMs,
);

async function restartsOf(child: SessionChild): Promise<number | undefined> {
  const name = componentNames[child];
  if (name === undefined) return undefined;
  return componentOf(await agent.health(), name)?.restarts;
}

/** Everything runs, and the page shows pictures that differ. */
async function expectWell(): Promise<void> {
  await agent.waitForHealth(
    "a healthy session",
    ({ status }) => status === "ready",
  );
  expect(await viewer.state()).toBe("connected");
  for (let change = 0; change < 3; change += 1) await viewer.waitForChange();
}

test(
  "sound is heard again after the sound server was killed",
  async () => {
    const killed = processOf(agent, "pulseaudio");
    process.kill(killed, "SIGKILL");
    await poll(
      () => {
        const pid = findProcess(agent, "audio encoder");
        const server = findProcess(agent, "pulseaudio");
        return pid !== undefined && server !== undefined && server !== killed
          ? pid
          : undefined;
      },
      { everyMs: 10, timeoutMs: healLimitMs, what: "another sound server" },
    );
    await expectWell();
    await viewer.listen();
    await using tone = await playTones(agent, [440]);
    await expect
      .poll(async () => {
        const { peakHz, peakDb, medianDb } = await viewer.spectrum(0);
        return Math.abs(peakHz - 440) <= 5 && peakDb - medianDb >= 30;
      }, heard)
      .toBe(true);
    await tone.close();
  },
  testTimeoutMs,
);

test(
  "input works again after the display was killed",
  async () => {
    await untilNotReady(agent, () => {
      process.kill(processOf(agent, "Xvfb"), "SIGKILL");
    });
    await expectWell();
    await using listener = await startX11Client(
      "x11-key-listener",
      displayOf(agent),
    );
    await viewer.page.keyboard.type("again");
    await expect.poll(() => listener.text(), heard).toBe("again");
  },
  testTimeoutMs,
);
