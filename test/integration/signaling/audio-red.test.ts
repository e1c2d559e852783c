/**
 * Redundant audio through a decoder that is not ours: what is lost of a sound when packets are.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runToEnd } from "../../../agent/base/child-process.ts";
import { frameRtp, RtpFrameDecoder } from "../../../encoders/rtp-framing.ts";
import {
  RedAudio,
  type RedDistance,
} from "../../../signaling/webrtc/audio-red.ts";
import { report } from "../../fixtures/e2e-report.ts";

const redPayloadType = 63;
const opusPayloadType = 111;
const frames = 1_000;
const ticksPerFrame = 480;
const headerBytes = 12;

let folder: string;
let packets: Buffer[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-red-"));
  const file = join(folder, "opus.rtp");
  await gst([
    ...["audiotestsrc", `num-buffers=${frames}`, "wave=pink-noise"],
    ...[`samplesperbuffer=${ticksPerFrame}`, "!"],
    ...["audio/x-raw,rate=48000,channels=2", "!", "opusenc", "frame-size=10"],
    ...["bitrate=128000", "audio-type=restricted-lowdelay", "!"],
    ...["rtpopuspay", `pt=${opusPayloadType}`, "!", "rtpstreampay", "!"],
    // Its buffer of 64 KiB mixes up what the payloader hands over as two pieces (GStreamer 1.22).
    ...["filesink", "buffer-mode=unbuffered", `location=${file}`],
  ]);
  packets = [];
  const decoder = new RtpFrameDecoder((packet) => {
    packets.push(packet);
  });
  decoder.write(readFileSync(file));
  // The encoder pads its end.
  packets = packets.slice(0, frames);
}, 30_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function gst(args: readonly string[]): Promise<void> {
  const { exitCode, stderrLines } = await runToEnd({
    file: "gst-launch-1.0",
    args: ["-q", ...args],
    timeoutMs: 20_000,
  });
  expect(exitCode, stderrLines.join("\n")).toBe(0);
}

/** Numbers of 0–1 that are the same in each run (the generator "mulberry32"). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The packet as it is sent to a viewer who reports a loss of 10 %. */
function packed(packet: Buffer, red: RedAudio): Buffer {
  const header = Buffer.from(packet.subarray(0, headerBytes));
  const frame = packet.subarray(headerBytes);
  const redundant = red.pack(frame, packet.readUInt32BE(4));
  if (redundant === undefined) return packet;
  header[1] = ((packet[1] ?? 0) & 0x80) | redPayloadType;
  return Buffer.concat([header, redundant]);
}

/** Milliseconds of sound that are missing behind a decoder when one packet in ten is lost. */
async function lostMs(distance: RedDistance): Promise<number> {
  const red = new RedAudio({ opusPayloadType, distance });
  red.onReport(0.1, 0);
  const random = seeded(20_261);
  const arrived = packets
    .map((packet) => packed(packet, red))
    .filter(() => random() >= 0.1);
  const sent = join(folder, `sent-${distance}.rtp`);
  const heard = join(folder, `heard-${distance}.raw`);
  writeFileSync(sent, Buffer.concat(arrived.map(frameRtp)));
  await gst([
    ...["filesrc", `location=${sent}`, "!"],
    `application/x-rtp-stream,media=audio,clock-rate=48000,encoding-name=OPUS,payload=${opusPayloadType}`,
    ...["!", "rtpstreamdepay", "!", "rtpreddec", `pt=${redPayloadType}`, "!"],
    ...["rtpopusdepay", "!", "opusdec", "plc=false", "!"],
    ...["audio/x-raw,format=S16LE,rate=48000,channels=2", "!"],
    ...["filesink", `location=${heard}`],
  ]);
  const samples = readFileSync(heard).length / 4;
  return ((packets.length * ticksPerFrame - samples) * 1_000) / 48_000;
}

test("of 10 s with a loss of 10 %, one earlier frame leaves a quarter of the gaps at most, two a twentieth", async () => {
  const [none, one, two] = [await lostMs(0), await lostMs(1), await lostMs(2)];
  report("lost without redundancy", none);
  report("lost with one earlier frame", one);
  report("lost with two earlier frames", two);
  expect(none).toBeGreaterThan(700);
  expect(one).toBeLessThan(none / 4);
  expect(two).toBeLessThan(none / 20);
  expect(two).toBeGreaterThanOrEqual(0);
});
