/**
 * What a person sees who starts the agent without a command: the demo desktop, in a browser.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runToEnd } from "../../agent/base/child-process.ts";
import { colours } from "../../agent/demo/painter.ts";
import { launchChromium } from "../fixtures/browser-chromium.ts";
import {
  fieldArea,
  pictureSize,
  takeDemoPicture,
} from "../fixtures/e2e-demo-picture.ts";

const testTimeoutMs = 60_000;
/** Of 255, for single pixels after lossy coding. */
const colourTolerance = 16;

test(
  "shows clock, text field and what is typed into it",
  async () => {
    await using chromium = await launchChromium();
    const pixels = await decode(await takeDemoPicture(chromium.browser));
    const { width, height } = pictureSize;
    expect(pixels.length).toBe(width * height * 3);
    const whole = { x: 0, y: 0, width, height };
    expect(share(pixels, colours.desktop, whole)).toBeGreaterThan(0.05);
    expect(share(pixels, colours.background, whole)).toBeGreaterThan(0.2);
    expect(share(pixels, colours.face, whole)).toBeGreaterThan(0.03);
    expect(share(pixels, colours.field, fieldArea)).toBeGreaterThan(0.9);
    // The letters: the hint that is there before has another colour.
    expect(share(pixels, colours.typed, fieldArea)).toBeGreaterThan(0.005);
  },
  testTimeoutMs,
);

/** PNG to rows of red, green and blue. */
async function decode(png: Buffer): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "picture-"));
  try {
    const [source, target] = [join(folder, "in.png"), join(folder, "out.rgb")];
    await writeFile(source, png);
    const { exitCode, stderrLines } = await runToEnd({
      file: "convert",
      args: [source, "-depth", "8", target],
      timeoutMs: 20_000,
    });
    expect(exitCode, stderrLines.join("\n")).toBe(0);
    return await readFile(target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Share of the pixels of `area` that have `colour` (0xRRGGBB). */
function share(
  pixels: Buffer,
  colour: number,
  area: { x: number; y: number; width: number; height: number },
): number {
  let count = 0;
  for (let y = area.y; y < area.y + area.height; y += 1) {
    for (let x = area.x; x < area.x + area.width; x += 1) {
      const at = (y * pictureSize.width + x) * 3;
      const isNear = [16, 8, 0].every(
        (shift, channel) =>
          Math.abs((pixels[at + channel] ?? 0) - ((colour >> shift) & 0xff)) <=
          colourTolerance,
      );
      if (isNear) count += 1;
    }
  }
  return count / (area.width * area.height);
}
