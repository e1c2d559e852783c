/**
 * Raw pictures out of GStreamer: what a viewer would decode, and what the X server shows.
 */
import type {
  ChildSpawner,
  OwnedChild,
} from "../../../agent/base/child-process.ts";
import { withDeadline } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { stageWords, type Stage } from "../../../encoders/pipeline.ts";
import { frameRtp } from "../../../encoders/rtp-framing.ts";
import type { VideoPipelineCodec } from "../../../encoders/video-encoding.ts";
import type { ScreenSize } from "../latency/options.ts";
import type { LumaPicture } from "./picture-metrics.ts";

/** Descriptors that `extraPipes` makes. */
const outDescriptor = 3;
const inDescriptor = 4;
const grabTimeoutMs = 5_000;
const decodeTimeoutMs = 60_000;

/** From RTP to raw pictures. Decoders that FFmpeg would bring are not everywhere. */
const decoders: Readonly<
  Record<VideoPipelineCodec, { encodingName: string; stages: string[] }>
> = {
  h264: {
    encodingName: "H264",
    // In whole access units, without which the decoder sees slices and shows nothing.
    stages: [
      "rtph264depay",
      "video/x-h264,stream-format=avc",
      "h264parse",
      "openh264dec",
    ],
  },
  vp8: { encodingName: "VP8", stages: ["rtpvp8depay", "vp8dec"] },
  vp9: { encodingName: "VP9", stages: ["rtpvp9depay", "vp9dec"] },
  h265: {
    encodingName: "H265",
    stages: ["rtph265depay", "h265parse", "libde265dec"],
  },
  av1: { encodingName: "AV1", stages: ["rtpav1depay", "av1parse", "av1dec"] },
};

interface ReadOptions {
  spawner: ChildSpawner;
  size: ScreenSize;
  signal: AbortSignal;
}

/**
 * Decodes recorded RTP and gives each picture to `onPicture`, whose luma is valid during the call.
 * @throws StreamSpaceError `child-exited`, `timeout`, `aborted`.
 */
export async function decodePictures(
  codec: VideoPipelineCodec,
  packets: readonly Buffer[],
  onPicture: (picture: LumaPicture) => void,
  options: ReadOptions,
): Promise<void> {
  const { encodingName, stages } = decoders[codec];
  const child = await startReader(options.spawner, "the decoder", [
    { name: "fdsrc", properties: { fd: inDescriptor } },
    {
      name: `application/x-rtp-stream,media=video,clock-rate=90000,encoding-name=${encodingName}`,
    },
    { name: "rtpstreamdepay" },
    ...stages.map((name) => ({ name })),
    { name: "video/x-raw,format=I420" },
  ]);
  await using decoder = child;
  // GStreamer's default strides for I420: rows of luma and of chroma are padded to four bytes.
  const { width, height } = options.size;
  const stride = (width + 3) & ~3;
  const chromaStride = (width / 2 + 3) & ~3;
  const frameBytes = stride * height + chromaStride * height;
  const input = child.pipe(inDescriptor);
  input.write(Buffer.concat(packets.map(frameRtp)));
  input.end();
  await withDeadline(
    readFrames(decoder, frameBytes, (frame) => {
      onPicture({ width, height, stride, luma: frame });
    }),
    {
      timeoutMs: decodeTimeoutMs,
      what: `the decoding of ${codec}`,
      signal: options.signal,
    },
  );
}

/**
 * What the X server shows now, as BGRx.
 * @throws StreamSpaceError `child-exited`, `timeout`, `aborted`.
 */
export async function grabScreen(
  display: string,
  options: ReadOptions,
): Promise<Buffer> {
  const { width, height } = options.size;
  const child = await startReader(options.spawner, "the grab", [
    {
      name: "ximagesrc",
      properties: {
        "display-name": display,
        "use-damage": false,
        "show-pointer": false,
        "num-buffers": 1,
      },
    },
    { name: "video/x-raw,format=BGRx" },
  ]);
  await using grab = child;
  let picture: Buffer | undefined;
  await withDeadline(
    readFrames(grab, width * height * 4, (frame) => {
      picture = Buffer.from(frame);
    }),
    {
      timeoutMs: grabTimeoutMs,
      what: "a picture of the screen",
      signal: options.signal,
    },
  );
  if (picture !== undefined) return picture;
  throw new StreamSpaceError("child-exited", "the screen was not captured");
}

function startReader(
  spawner: ChildSpawner,
  name: string,
  stages: readonly Stage[],
): Promise<OwnedChild> {
  const sink: Stage = {
    name: "fdsink",
    properties: { fd: outDescriptor, sync: false },
  };
  return spawner.spawn({
    name,
    file: "gst-launch-1.0",
    args: ["-q", ...stageWords([...stages, sink])],
    extraPipes: inDescriptor - 2,
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
  });
}

/** Cuts the child's output into frames of `frameBytes`, until the child ends. */
async function readFrames(
  child: OwnedChild,
  frameBytes: number,
  onFrame: (frame: Buffer) => void,
): Promise<void> {
  const frame = Buffer.allocUnsafe(frameBytes);
  let filled = 0;
  child.pipe(outDescriptor).on("data", (chunk: Buffer) => {
    for (let from = 0; from < chunk.length;) {
      const taken = chunk.copy(frame, filled, from);
      from += taken;
      filled += taken;
      if (filled < frameBytes) break;
      onFrame(frame);
      filled = 0;
    }
  });
  const exit = await child.exited;
  if (exit.kind === "exit-code" && exit.exitCode === 0) return;
  throw new StreamSpaceError(
    "child-exited",
    `${child.name} failed: ${child.lastLines().join(" ")}`,
  );
}
