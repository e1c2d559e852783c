/**
 * Where a click lands, with the picture at its own size, scaled, and between bars.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { expectClick } from "../fixtures/e2e-gestures.ts";
import {
  openForInput,
  startInputSession,
  type InputSession,
  type InputViewer,
} from "../fixtures/e2e-input.ts";
import type { Place } from "../fixtures/e2e-page-probe.ts";

const testTimeoutMs = 30_000;

let chromium: ChromiumBrowser;
let session: InputSession;

beforeAll(async () => {
  [chromium, session] = await Promise.all([
    launchChromium(),
    startInputSession(),
  ]);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await session.close();
});

async function open(viewport: {
  width: number;
  height: number;
}): Promise<InputViewer> {
  return await openForInput(chromium.browser, session.agent.url, { viewport });
}

/** Corners and middles; the page's own controls are at the middle of the top and bottom edges. */
const targets: readonly Place[] = [
  { x: 0, y: 0 },
  { x: 1279, y: 719 },
  { x: 0, y: 719 },
  { x: 1279, y: 1 },
  { x: 640, y: 360 },
  { x: 333, y: 517 },
];

test.each([
  { name: "at 1:1", width: 1280, height: 720, tolerance: 0 },
  {
    name: "at 1:1 with bars at the sides",
    width: 1600,
    height: 720,
    tolerance: 0,
  },
  {
    name: "at 1:1 with bars above and below",
    width: 1280,
    height: 901,
    tolerance: 0,
  },
  { name: "in a smaller window", width: 853, height: 480, tolerance: 1 },
  {
    name: "in a small window with bars",
    width: 600,
    height: 600,
    tolerance: 1,
  },
  {
    name: "in a larger window with bars",
    width: 2000,
    height: 1000,
    tolerance: 1,
  },
])(
  "a click lands on its pixel $name",
  async ({ width, height, tolerance }) => {
    await using viewer = await open({ width, height });
    for (const target of targets)
      await expectClick(session, viewer, target, tolerance);
  },
  testTimeoutMs,
);

test(
  "a click on the bars reaches nobody",
  async () => {
    await using viewer = await open({ width: 1600, height: 720 });
    const start = session.listener.lines.length;
    await viewer.page.mouse.click(80, 300);
    // What comes later has overtaken nothing: the channel keeps its order.
    await expectClick(session, viewer, { x: 500, y: 300 }, 0);
    expect(session.buttonsSince(start)).toHaveLength(2);
  },
  testTimeoutMs,
);
