import { idealEncoder } from "../../fixtures/encoders.ts";
import { describe, expect, test } from "vitest";
import { audioPipeline } from "../../../encoders/audio-pipeline.ts";
import { describePipelines } from "../../../encoders/describe-pipelines.ts";
import { shellLine } from "../../../encoders/pipeline.ts";
import { videoPipeline } from "../../../encoders/video-pipeline.ts";

const x264 = await idealEncoder("x264enc");
const vp8 = await idealEncoder("vp8enc");

const rtpbin =
  "rtpbin name=rtp rtp-profile=avpf ntp-time-source=ntp rtcp-sync-send-time=false";
const tail =
  "! rtp.send_rtp_sink_0" +
  " rtp.send_rtp_src_0 ! rtpstreampay ! out." +
  " rtp.send_rtcp_src_0 ! rtpstreampay ! out." +
  " funnel name=out ! fdsink fd=3 sync=false async=false" +
  " fdsrc fd=4 ! application/x-rtcp-stream ! rtpstreamdepay ! rtp.recv_rtcp_sink_0";

const capture = (display: string, frameRate: number): string =>
  `ximagesrc display-name=${display} use-damage=false show-pointer=true` +
  ` ! video/x-raw,framerate=${frameRate}/1 ! videoconvert ! `;

const rtpElements = [
  "rtpbin",
  "rtpstreampay",
  "rtpstreamdepay",
  "funnel",
  "fdsink",
  "fdsrc",
];

describe("the H.264 pipeline", () => {
  test("is this line at 60 frames a second and 8 Mbit/s", () => {
    const pipeline = videoPipeline({
      encoder: x264,
      display: ":42",
      frameRate: 60,
      bitrateBps: 8_000_000,
      threads: 2,
    });
    expect(pipeline.args.join(" ")).toBe(
      `${rtpbin} ${capture(":42", 60)}` +
        "video/x-raw,format=I420,colorimetry=bt709" +
        " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=2147483647" +
        " vbv-buf-capacity=18 bframes=0 rc-lookahead=0 sliced-threads=true threads=2 aud=false bitrate=9756" +
        " ! video/x-h264,profile=constrained-baseline,stream-format=byte-stream" +
        " ! rtph264pay mtu=1160 pt=96 aggregate-mode=zero-latency config-interval=-1" +
        ` ${tail}`,
    );
    expect(pipeline).toMatchObject({
      name: "video-h264",
      encoder: "x264enc",
      clockRate: 90_000,
      elements: [
        "ximagesrc",
        "videoconvert",
        "x264enc",
        "rtph264pay",
        ...rtpElements,
      ],
    });
  });

  test.each([
    { frameRate: 30, capacityMs: 36 },
    { frameRate: 144, capacityMs: 7 },
    { frameRate: 1, capacityMs: 1_080 },
  ])(
    "buffers one frame: $capacityMs ms at $frameRate",
    ({ frameRate, capacityMs }) => {
      const { args } = videoPipeline({
        encoder: x264,
        display: ":0",
        frameRate,
        bitrateBps: 1_000,
        threads: 1,
      });
      expect(args).toContain(`vbv-buf-capacity=${capacityMs}`);
      expect(args).toContain("bitrate=1");
    },
  );
});

test("the VP8 pipeline is this line at 30 frames a second and 4 Mbit/s", () => {
  const pipeline = videoPipeline({
    encoder: vp8,
    display: ":7.1",
    frameRate: 30,
    bitrateBps: 4_000_000,
    threads: 4,
  });
  expect(pipeline.args.join(" ")).toBe(
    `${rtpbin} ${capture(":7.1", 30)}` +
      "video/x-raw,format=I420,colorimetry=bt601" +
      " ! vp8enc deadline=1 cpu-used=12 lag-in-frames=0 end-usage=cbr" +
      " keyframe-max-dist=2147483647 threads=3 static-threshold=1 max-quantizer=63" +
      " buffer-initial-size=100 buffer-optimal-size=120 buffer-size=150 target-bitrate=4000000" +
      " ! rtpvp8pay mtu=1160 pt=96 picture-id-mode=15-bit" +
      ` ${tail}`,
  );
  expect(pipeline).toMatchObject({
    name: "video-vp8",
    encoder: "vp8enc",
    clockRate: 90_000,
  });
});

const audio = audioPipeline({
  fifo: "/run/a b/sound",
  bitrateBps: 128_000,
});

test("the audio pipeline is this line at 128 kbit/s", () => {
  expect(audio.args.join(" ")).toBe(
    `${rtpbin} filesrc location=/run/a b/sound blocksize=3840 do-timestamp=true ! identity drop-buffer-flags=discont` +
      " ! rawaudioparse format=pcm pcm-format=f32le sample-rate=48000 num-channels=2" +
      " ! audioconvert dithering=none" +
      " ! opusenc bitrate=128000 audio-type=restricted-lowdelay frame-size=10" +
      " dtx=true perfect-timestamp=true hard-resync=true" +
      " ! rtpopuspay mtu=1160 pt=97 dtx=true" +
      ` ${tail}`,
  );
  expect(audio).toMatchObject({
    name: "audio-opus",
    encoder: "opusenc",
    clockRate: 48_000,
  });
});

test("sound with FEC is encoded in the mode that has it", () => {
  const { args } = audioPipeline({
    fifo: "/run/sound",
    bitrateBps: 128_000,
    fecLossPercent: 10,
  });
  expect(args.join(" ")).toContain(
    "! opusenc bitrate=128000 audio-type=generic inband-fec=true packet-loss-percentage=10 frame-size=10 dtx=true",
  );
});

describe("shellLine", () => {
  test("quotes what a shell would read otherwise, and redirects both descriptors", () => {
    const line = shellLine(audio);
    expect(line).toMatch(/^gst-launch-1\.0 -q rtpbin name=rtp /);
    expect(line).toContain(" 'location=/run/a b/sound' ");
    expect(line).toContain(" '!' ");
    expect(line).toMatch(/ 3>audio-opus\.rtp 4<\/dev\/null$/);
  });

  test("survives quotes and dollars in a value", () => {
    const line = shellLine({ ...audio, args: ["device=it's $HOME"] });
    expect(line).toContain(`'device=it'\\''s $HOME'`);
  });
});

const surround = audioPipeline({
  fifo: "/run/sound",
  channels: 6,
  bitrateBps: 128_000,
});

test("the audio pipeline of 5.1 is this line at 128 kbit/s for stereo", () => {
  const opusenc = (bitrate: number): string =>
    `opusenc bitrate=${bitrate} audio-type=restricted-lowdelay frame-size=10` +
    " dtx=true perfect-timestamp=true hard-resync=true";
  expect(surround.args.join(" ")).toBe(
    `${rtpbin} filesrc location=/run/sound blocksize=11520 do-timestamp=true ! identity drop-buffer-flags=discont` +
      " ! audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels=6,channel-mask=(bitmask)0x3f" +
      " ! rawaudioparse use-sink-caps=true ! tee name=sound" +
      " ! audioconvert dithering=none" +
      " mix-matrix=<<1.0000,0.0000,0.7071,0.0000,0.7071,0.0000>,<0.0000,1.0000,0.7071,0.0000,0.0000,0.7071>>" +
      ` ! audio/x-raw,channels=2 ! ${opusenc(128_000)}` +
      " ! rtpopuspay mtu=1160 pt=97 dtx=true ! rtp.send_rtp_sink_0" +
      ` sound. ! audioconvert dithering=none ! ${opusenc(320_000)}` +
      " ! rtpopuspay mtu=1160 pt=98 dtx=true ! rtp.send_rtp_sink_1" +
      ` ${tail.replace("! rtp.send_rtp_sink_0 ", "")}` +
      " rtp.send_rtp_src_1 ! rtpstreampay ! second." +
      " rtp.send_rtcp_src_1 ! rtpstreampay ! second." +
      " funnel name=second ! fdsink fd=5 sync=false async=false",
  );
  expect(surround).toMatchObject({
    name: "audio-opus",
    encoder: "opusenc",
    clockRate: 48_000,
    elements: [
      ...[
        "filesrc",
        "identity",
        "rawaudioparse",
        "tee",
        "audioconvert",
        "opusenc",
      ],
      ...["rtpopuspay", ...rtpElements],
    ],
  });
  expect(shellLine(surround)).toMatch(
    / 3>audio-opus\.rtp 4<\/dev\/null 5>audio-opus-second\.rtp$/,
  );
});

test.each([
  [6_000, 15_000],
  [128_000, 320_000],
  // The most that opusenc takes.
  [260_000, 650_000],
  [510_000, 650_000],
])("stereo at %d bit/s has 5.1 at %d beside it", (stereo, expected) => {
  const { args } = audioPipeline({
    fifo: "/f",
    channels: 6,
    bitrateBps: stereo,
  });
  const rates = args.filter((word) => word.startsWith("bitrate="));
  expect(rates).toEqual([`bitrate=${stereo}`, `bitrate=${expected}`]);
});

describe("describePipelines", () => {
  const settings = {
    frameRate: 60,
    videoBitrateBps: 8_000_000,
    audio: true,
    audioChannels: 2,
    audioBitrateBps: 128_000,
  } as const;
  const targets = {
    display: ":1",
    pulseServer: "unix:/x",
    soundFifo: "/y/sound",
  };

  test("has the encoders in their order, then audio", () => {
    const described = describePipelines(settings, [vp8, x264], targets);
    expect(described.map(({ name }) => name)).toEqual([
      "video-vp8",
      "video-h264",
      "audio-opus",
    ]);
    for (const { argv } of described) {
      expect(argv.slice(0, 2)).toEqual(["gst-launch-1.0", "-q"]);
    }
  });

  test("has no audio where that is off", () => {
    const described = describePipelines(
      { ...settings, audio: false },
      [vp8, x264],
      targets,
    );
    expect(described.map(({ name }) => name)).toEqual([
      "video-vp8",
      "video-h264",
    ]);
  });
});
