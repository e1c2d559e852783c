/**
 * What a viewer of a host would see: its packets, decoded by GStreamer, compared with what was drawn.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runToEnd } from "../../../agent/base/child-process.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { frameRtp } from "../../../encoders/rtp-framing.ts";
import { startXvfb } from "../../fixtures/x11-xvfb.ts";
import {
  startHost,
  until,
  untilQuiet,
  type PacketCounter,
} from "./host-fixture.ts";

interface Picture {
  width: number;
  height: number;
  /** Red, green and blue of a pixel. */
  at(x: number, y: number): number[];
}

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "host-picture-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Decodes the last frame of what was recorded, which must begin with a key frame. */
async function decodeLast(
  counter: PacketCounter,
  size: { width: number; height: number },
): Promise<Picture> {
  const stream = join(folder, "stream");
  const raw = join(folder, "raw");
  const packets = counter.recorded ?? [];
  await writeFile(stream, Buffer.concat(packets.map(frameRtp)));
  const words = `filesrc location=${stream} ! application/x-rtp-stream,media=video,clock-rate=90000,encoding-name=H264 ! rtpstreamdepay ! rtph264depay ! video/x-h264,stream-format=avc ! h264parse ! openh264dec ! videoconvert ! video/x-raw,format=RGB ! filesink location=${raw}`;
  const { exitCode, stderrLines } = await runToEnd({
    file: "gst-launch-1.0",
    args: ["-q", ...words.split(" ")],
    timeoutMs: 15_000,
  });
  expect(exitCode, stderrLines.join("\n")).toBe(0);
  const stride = (size.width * 3 + 3) & ~3;
  const frames = await readFile(raw);
  const last = frames.subarray(frames.length - stride * size.height);
  return {
    ...size,
    at: (x, y) => [
      ...last.subarray(y * stride + x * 3, y * stride + x * 3 + 3),
    ],
  };
}

function expectColour(actual: number[], colour: number): void {
  const expected = [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
  for (const [channel, value] of expected.entries()) {
    expect(
      Math.abs((actual[channel] ?? -1000) - value),
      `${String(actual)} is not ${String(expected)}`,
    ).toBeLessThanOrEqual(6);
  }
}

const colours = [
  0x000000, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0x808080, 0xffff00,
  0x1e90ff,
];

describe("the picture of a host", () => {
  it("has the colours that were drawn, at their places", async () => {
    const size = { width: 640, height: 360 };
    await using xvfb = await startXvfb(size);
    await using x11 = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5_000,
    });
    await using test = await startHost({ display: xvfb.display });
    await untilQuiet(test.counter);
    test.counter.record();
    test.source.requestKeyFrame();
    await until("a key frame", () => (test.counter.recorded?.length ?? 0) > 0);
    const window = x11.windows.createWindow({
      x: 0,
      y: 0,
      ...size,
      overrideRedirect: true,
      eventMask: 0,
    });
    x11.windows.map(window);
    // One after the other, so that each is a frame of its own with a different part damaged.
    for (const [index, foreground] of colours.entries()) {
      const gc = x11.drawing.createGc({ foreground });
      const area = { x: index * 80, y: index * 45, width: 80, height: 45 };
      x11.drawing.fillRectangles(window, gc, [area]);
      await delay(30);
    }
    await untilQuiet(test.counter);
    const picture = await decodeLast(test.counter, size);
    for (const [index, colour] of colours.entries()) {
      expectColour(picture.at(index * 80 + 40, index * 45 + 22), colour);
    }
    // Beside them the window has no background: what was there before, black.
    expectColour(picture.at(600, 20), 0x000000);
  });

  it("follows a new size of the screen with one key frame, odd sizes too", async () => {
    await using xvfb = await startXvfb({ width: 1280, height: 720 });
    await using x11 = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5_000,
    });
    await using test = await startHost({ display: xvfb.display });
    await untilQuiet(test.counter);
    const { keyFrames } = test.counter;
    test.counter.record();
    await setMode(xvfb.display, 801, 601);
    await until("word of the new size", () =>
      test.events.some((event) => event.type === "resized"),
    );
    expect(test.events.at(-1)).toEqual({
      type: "resized",
      width: 800,
      height: 600,
    });
    const window = x11.windows.createWindow({
      x: 0,
      y: 0,
      width: 801,
      height: 601,
      background: 0x1e90ff,
      overrideRedirect: true,
      eventMask: 0,
    });
    x11.windows.map(window);
    await x11.ping(5_000);
    await untilQuiet(test.counter);
    expect(test.counter.keyFrames).toBe(keyFrames + 1);
    const picture = await decodeLast(test.counter, { width: 800, height: 600 });
    expectColour(picture.at(2, 2), 0x1e90ff);
    expectColour(picture.at(797, 597), 0x1e90ff);
    // The same host goes on at the size it had before.
    await setMode(xvfb.display, 1280, 720);
    await until(
      "a key frame at the old size",
      () => test.counter.keyFrames === keyFrames + 2,
    );
  });

  it("shows the pointer where it is, and what was below it when it has left", async () => {
    const size = { width: 640, height: 360 };
    await using xvfb = await startXvfb(size);
    await using x11 = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5_000,
    });
    const window = x11.windows.createWindow({
      x: 0,
      y: 0,
      ...size,
      background: 0x1e90ff,
      overrideRedirect: true,
      eventMask: 0,
    });
    x11.windows.map(window);
    await x11.ping(5_000);
    const xtest = await x11.openXtest();
    await using test = await startHost({
      display: xvfb.display,
      showPointer: true,
    });
    test.counter.record();
    test.source.requestKeyFrame();
    xtest.fakeMotion(100, 100);
    await untilQuiet(test.counter);
    const before = await decodeLast(test.counter, size);
    expect(unlike(before, 0x1e90ff, { x: 84, y: 84 })).toBeGreaterThan(10);
    xtest.fakeMotion(500, 300);
    await untilQuiet(test.counter);
    const after = await decodeLast(test.counter, size);
    expect(unlike(after, 0x1e90ff, { x: 84, y: 84 })).toBe(0);
    expect(unlike(after, 0x1e90ff, { x: 484, y: 284 })).toBeGreaterThan(10);
  });
});

/** Pixels of a square of 32 that are clearly not of `colour`. */
function unlike(
  picture: Picture,
  colour: number,
  corner: { x: number; y: number },
): number {
  const expected = [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
  let count = 0;
  for (let y = corner.y; y < corner.y + 32; y += 1) {
    for (let x = corner.x; x < corner.x + 32; x += 1) {
      const distances = picture
        .at(x, y)
        .map((value, channel) => Math.abs(value - (expected[channel] ?? 0)));
      if (Math.max(...distances) > 40) count += 1;
    }
  }
  return count;
}

/** Changes the size of a screen as a session does, by RandR. */
async function setMode(
  display: string,
  width: number,
  height: number,
): Promise<void> {
  const name = `${width}x${height}`;
  const xrandr = async (args: string[]): Promise<void> => {
    const { exitCode, stderrLines } = await runToEnd({
      file: "xrandr",
      args: ["--display", display, ...args],
      timeoutMs: 5_000,
    });
    expect(exitCode, stderrLines.join("\n")).toBe(0);
  };
  if (name !== "1280x720") {
    const line = [width, width + 8, width + 16, width + 32];
    const rows = [height, height + 1, height + 2, height + 3];
    const timing = [...line, ...rows].map(String);
    await xrandr(["--newmode", name, "25", ...timing]);
    await xrandr(["--addmode", "screen", name]);
  }
  await xrandr(["--output", "screen", "--mode", name]);
}
