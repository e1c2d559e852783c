/**
 * What a grab delivers is the screen at one moment, however busily it is being drawn on.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { sleep, withDeadline } from "../../../agent/base/deadline.ts";
import {
  openX11Connection,
  type X11Connection,
} from "../../../agent/x11/connection.ts";
import type { Rectangle } from "../../../agent/x11/requests.ts";
import { ScreenCapture } from "../../../encoders/host/screen-capture.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const size = { width: 640, height: 480 };
const top = { x: 0, y: 0, width: 600, height: 40 };
const bottom = { x: 40, y: 440, width: 600, height: 40 };
const middle = { x: 300, y: 200, width: 60, height: 60 };
const grabs = 300;
/** Enough that the server is in the middle of them when a grab comes. */
const drawingsAtOnce = 50;

let xvfb: TestXvfb;
let painter: X11Connection;

beforeAll(async () => {
  xvfb = await startXvfb(size);
  painter = await openX11Connection({
    display: xvfb.display,
    timeoutMs: 5_000,
  });
});

afterAll(async () => {
  await painter.close();
  await xvfb.stop();
});

/** Fills all of `rectangles` with the colour of number `state`, by one request. */
type Draw = (rectangles: readonly Rectangle[], state: number) => void;

/**
 * Grabs the screen again and again, while `paint` draws on it every millisecond.
 * @returns which states the screen showed at `places`, modulo 256, grab by grab.
 */
async function watchScreen(
  paint: (draw: Draw) => void,
  places: readonly { x: number; y: number }[],
): Promise<number[][]> {
  const window = painter.windows.createWindow({
    ...{ x: 0, y: 0, ...size },
    overrideRedirect: true,
    eventMask: 0,
  });
  painter.windows.map(window);
  const gcs = Array.from({ length: 256 }, (_, foreground) =>
    painter.drawing.createGc({ foreground }),
  );
  const draw: Draw = (rectangles, state) => {
    painter.drawing.fillRectangles(window, gcs[state % 256] ?? 0, rectangles);
  };
  paint(draw);
  await painter.ping(5_000);
  const capture = await ScreenCapture.open(
    { display: xvfb.display, showPointer: false },
    { onChange: () => undefined, onClosed: () => undefined },
  );
  const timer = setInterval(paint, 1, draw);
  const seen: number[][] = [];
  try {
    for (let count = 0; count < grabs; count += 1) {
      await grab(capture);
      const { pixels, stride } = capture.picture;
      // Blue is the first byte of a pixel.
      seen.push(places.map(({ x, y }) => pixels[y * stride + 4 * x] ?? -1));
      await sleep(1);
    }
  } finally {
    clearInterval(timer);
    capture.close();
    painter.windows.destroyWindow(window);
    await painter.ping(10_000);
  }
  return seen;
}

function grab(capture: ScreenCapture): Promise<void> {
  const grabbed = new Promise<void>((resolve, reject) => {
    capture.grab({
      onBegin: () => undefined,
      onGrabbed: () => {
        resolve();
      },
      onStale: () => {
        reject(new Error("nobody changed the size"));
      },
    });
  });
  return withDeadline(grabbed, { timeoutMs: 5_000, what: "a grab" });
}

/** Draws a new state with each call, by a request for each of `parts`. */
function counting(parts: readonly (readonly Rectangle[])[]) {
  let state = 0;
  return (draw: Draw): void => {
    for (let count = 0; count < drawingsAtOnce; count += 1) {
      state += 1;
      for (const rectangles of parts) draw(rectangles, state);
    }
  };
}

const corners = [
  { x: 0, y: 0 },
  { x: 599, y: 39 },
  { x: 330, y: 230 },
  { x: 639, y: 479 },
];

it("shows all of what one request draws, or nothing of it", async () => {
  const seen = await watchScreen(counting([[top, middle, bottom]]), corners);
  expect(new Set(seen.map(([first]) => first)).size).toBeGreaterThan(50);
  for (const states of seen) expect(new Set(states).size).toBe(1);
});

it("shows all of it where only a part was damaged when the grab began", async () => {
  let state = 0;
  let calls = 0;
  const seen = await watchScreen((draw) => {
    calls += 1;
    // The same again is damage too, of these rows alone.
    for (let count = 0; count < 3; count += 1) draw([top], state);
    if (calls % 3 !== 0) return;
    state += 1;
    draw([top, middle, bottom], state);
  }, corners);
  expect(new Set(seen.map(([first]) => first)).size).toBeGreaterThan(50);
  for (const states of seen) expect(new Set(states).size).toBe(1);
});

it("shows nothing that came later without all that came before", async () => {
  const seen = await watchScreen(counting([[top], [bottom], [middle]]), [
    { x: 10, y: 10 },
    { x: 630, y: 470 },
    { x: 330, y: 230 },
  ]);
  expect(new Set(seen.map(([first]) => first)).size).toBeGreaterThan(50);
  for (const [first = -1, second = -1, third = -1] of seen) {
    const behind = (256 + first - second) % 256;
    const furtherBehind = (256 + second - third) % 256;
    expect(behind + furtherBehind).toBeLessThanOrEqual(1);
  }
});
