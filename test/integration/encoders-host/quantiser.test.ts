/**
 * The quantiser of real frames: libvpx is told to use one alone, by its number for users.
 */
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runToEnd } from "../../../agent/base/child-process.ts";
import {
  quantiserHeadBytes,
  quantiserReaders,
} from "../../../encoders/host/quantiser.ts";

const frames = 12;

async function encode(
  encoder: readonly string[],
  quantiser: number,
): Promise<Buffer[]> {
  const folder = await mkdtemp(join(tmpdir(), "streamspace-test-"));
  try {
    const { exitCode, stderrLines } = await runToEnd({
      file: "gst-launch-1.0",
      args: [
        ...["-q", "videotestsrc", "pattern=ball", `num-buffers=${frames}`],
        ...["!", "video/x-raw,format=I420,width=320,height=240", "!"],
        ...encoder,
        ...["deadline=1", "lag-in-frames=0", "end-usage=cbr"],
        ...[`min-quantizer=${quantiser}`, `max-quantizer=${quantiser}`],
        ...["!", "multifilesink", `location=${join(folder, "%03d")}`],
      ],
      timeoutMs: 10_000,
    });
    expect(stderrLines).toEqual([]);
    expect(exitCode).toBe(0);
    const names = (await readdir(folder)).sort();
    return await Promise.all(names.map((name) => readFile(join(folder, name))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Encoding {
  codec: "vp8" | "vp9";
  /** For users, 0–63. */
  quantiser: number;
  /** In the bit stream, from libvpx's tables q_trans (VP8) and quantizer_to_qindex (VP9). */
  index: number;
  of: number;
  more: readonly string[];
}

test.each<Encoding>([
  { codec: "vp8", quantiser: 4, index: 4, of: 127, more: [] },
  { codec: "vp8", quantiser: 10, index: 12, of: 127, more: ["cpu-used=12"] },
  { codec: "vp8", quantiser: 40, index: 59, of: 127, more: ["cpu-used=12"] },
  // Filter deltas, other partitions, and segments, which stand before the quantiser.
  {
    ...{ codec: "vp8", quantiser: 40, index: 59, of: 127 },
    more: ["error-resilient=default", "token-partitions=4", "threads=2"],
  },
  { codec: "vp8", quantiser: 63, index: 127, of: 127, more: ["cpu-used=12"] },
  { codec: "vp9", quantiser: 4, index: 16, of: 255, more: ["cpu-used=8"] },
  { codec: "vp9", quantiser: 40, index: 160, of: 255, more: ["cpu-used=8"] },
  {
    ...{ codec: "vp9", quantiser: 40, index: 160, of: 255 },
    more: ["cpu-used=5", "error-resilient=default"],
  },
  { codec: "vp9", quantiser: 63, index: 255, of: 255, more: ["cpu-used=8"] },
])(
  "of each frame of $codec with the quantiser $quantiser $more is $index of $of",
  async ({ codec, quantiser, index, of, more }) => {
    const encoded = await encode([`${codec}enc`, ...more], quantiser);
    expect(encoded).toHaveLength(frames);
    const read = quantiserReaders[codec];
    for (const frame of encoded)
      expect(read?.(frame.subarray(0, quantiserHeadBytes))).toBe(index / of);
  },
);

test.each(["vp8", "vp9"] as const)(
  "of a frame of %s that is cut off is unknown",
  (codec) => {
    for (const bytes of [0, 1, 3, 10])
      expect(quantiserReaders[codec]?.(new Uint8Array(bytes))).toBeUndefined();
  },
);
