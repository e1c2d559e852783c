/**
 * A page on a session whose X server is KasmVNC, with TigerVNC's real one in its place: whatever WebRTC's viewers have
 * with Xvfb they have here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { displayOf } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { readCursor } from "../fixtures/e2e-cursor.ts";
import { expectClick } from "../fixtures/e2e-gestures.ts";
import {
  openForInput,
  startInputSession,
  type InputSession,
  type InputViewer,
} from "../fixtures/e2e-input.ts";
import { report } from "../fixtures/e2e-report.ts";
import { resizeAndLook } from "../fixtures/e2e-resize.ts";
import { processOf, untilNotReady } from "../fixtures/e2e-session.ts";
import { installKasmvncStandIn } from "../fixtures/kasmvnc-stand-in.ts";
import { startX11Client } from "../fixtures/x11-client-process.ts";

const standIn = "KasmVNC's stand-in";
/** With characters that the layout lacks, for which keycodes are lent. */
const words = "Größe: 42 €, ok?";

let folder: string;
let chromium: ChromiumBrowser;
let session: InputSession;
let viewer: InputViewer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-kasm-page-"));
  chromium = await launchChromium();
  session = await startInputSession({
    args: ["--x-server", "kasmvnc", "--resize", "follow"],
    env: { PATH: installKasmvncStandIn(join(folder, "bin")) },
  });
  viewer = await openForInput(chromium.browser, session.agent.url);
  await viewer.page.evaluate(() => {
    (globalThis as { neverReloaded?: boolean }).neverReloaded = true;
  });
}, 90_000);

afterAll(async () => {
  await chromium.close();
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

async function expectSizesWithRightPictures(): Promise<void> {
  await using pattern = await startX11Client(
    "x11-pattern",
    displayOf(session.agent),
  );
  expect(pattern.pid).toBeGreaterThan(0);
  for (const size of [
    { width: 1_000, height: 700 },
    { width: 1_600, height: 900 },
    { width: 640, height: 480 },
  ]) {
    const ms = await resizeAndLook(viewer, size, size, {
      ...{ tolerance: 24, timeoutMs: 5_000 },
    });
    expect(ms, `${size.width}x${size.height}`).not.toBeNaN();
    report(`resize to ${size.width}x${size.height}`, ms);
  }
}

test("types and clicks, with characters that the layout lacks", async () => {
  const before = session.listener.lines.length;
  await viewer.page.keyboard.type(words, { delay: 20 });
  await expect.poll(() => session.textSince(before)).toBe(words);
  await expectClick(session, viewer, { x: 333, y: 217 }, 0);
});

test("shows the right picture at each size of the window, larger than the first one too", async () => {
  await expectSizesWithRightPictures();
});

test("draws the cursor that a program sets", async () => {
  await using client = await startX11Client("x11-cursor", {
    ...displayOf(session.agent),
    args: ["--hot", "4,2"],
  });
  expect(client.pid).toBeGreaterThan(0);
  await expect
    .poll(() => readCursor(viewer.page), { timeout: 3_000, interval: 20 })
    .toMatchObject({
      css: expect.stringMatching(/ 4 2, /) as string,
      image: { width: 24, height: 20 },
    });
});

test("comes back without a reload when the server is killed", async () => {
  const killed = processOf(session.agent, standIn);
  const startMs = performance.now();
  await untilNotReady(session.agent, () => {
    process.kill(killed, "SIGKILL");
  });
  await session.agent.waitForHealth(
    "a healthy session",
    ({ status }) => status === "ready",
  );
  report("killed → ready", performance.now() - startMs);
  expect(processOf(session.agent, standIn)).not.toBe(killed);
  await expectSizesWithRightPictures();
  await using listener = await startX11Client(
    "x11-key-listener",
    displayOf(session.agent),
  );
  await viewer.page.keyboard.type("again");
  await expect.poll(() => listener.text()).toBe("again");
  expect(
    await viewer.page.evaluate(
      () => (globalThis as { neverReloaded?: boolean }).neverReloaded,
    ),
  ).toBe(true);
});
