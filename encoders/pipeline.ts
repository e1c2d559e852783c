/**
 * What a pipeline is: a launch description that `gst-launch-1.0` runs as it stands, with RTP coming
 * out of descriptor 3 and RTCP going in at descriptor 4.
 *
 * Both directions are framed by RFC 4571 (a 16-bit length before each packet). A stream loses
 * nothing, where UDP on loopback drops most of a large key frame on hosts with the usual
 * `rmem_max` of 208 KiB; and a pipe belongs to one child, where two children that send to one port
 * mix their streams.
 */

/** Descriptor on which a pipeline writes RTP and its own RTCP. */
export const rtpDescriptor = 3;
/** Descriptor from which a pipeline reads RTCP, i.e. requests for key frames. */
export const rtcpDescriptor = 4;
/** Descriptor on which a pipeline with two streams writes the second, RTP and RTCP as on the first. */
export const secondRtpDescriptor = 5;

/**
 * Largest RTP packet a pipeline makes. Header extensions (up to 24 bytes), the SRTP tag (16), TURN
 * channel data (4), UDP and IPv6 (48) still fit into 1280, the smallest MTU of IPv6.
 */
export const rtpMtu = 1_160;

/** A launch description with what its consumers need to know about it. */
export interface Pipeline {
  /** Name in logs, health and `streamspace-agent pipelines`, e.g. `video-h264`. */
  name: string;
  /** GStreamer element that encodes, e.g. `x264enc`. */
  encoder: string;
  /** Every element the description uses, for checks before it is run. */
  elements: readonly string[];
  /** RTP clock rate in Hz. */
  clockRate: number;
  /** Arguments of `gst-launch-1.0`, one token each. */
  args: readonly string[];
  /** Whether another stream comes out of {@link secondRtpDescriptor}; false where absent. */
  hasSecondStream?: boolean;
}

/** A GStreamer element with its properties, or a caps filter (`name` holds a `/`). */
export interface Stage {
  name: string;
  properties?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Puts `stages` (source, encoder, payloader, in order) in front of an `rtpbin` whose output goes to
 * {@link rtpDescriptor} and whose RTCP input comes from {@link rtcpDescriptor}.
 *
 * - `rtp-profile=avpf` makes rtpbin turn an RTCP PLI into a force-key-unit event (RFC 4585), and lets
 *   it send its first sender report within the first second.
 * - `ntp-time-source=ntp` with `rtcp-sync-send-time=false` puts the wall-clock time of *capture* into
 *   the sender reports: it is what audio and video of two processes are synchronised by.
 *
 * @param second makes another stream of what an element of `stages` gives, for {@link secondRtpDescriptor}.
 *   Nobody can ask it for key frames.
 */
export function rtpLaunchArgs(
  stages: readonly Stage[],
  second?: readonly Stage[],
): string[] {
  const tail: Stage[][] = [
    ...output({ session: 0, funnel: "out", fd: rtpDescriptor }),
    [
      { name: "fdsrc", properties: { fd: rtcpDescriptor } },
      { name: "application/x-rtcp-stream" },
      { name: "rtpstreamdepay" },
      { name: "rtp.recv_rtcp_sink_0" },
    ],
  ];
  const streams = [[...stages, { name: "rtp.send_rtp_sink_0" }]];
  if (second !== undefined) {
    streams.push([...second, { name: "rtp.send_rtp_sink_1" }]);
    tail.push(
      ...output({ session: 1, funnel: "second", fd: secondRtpDescriptor }),
    );
  }
  return [
    ...stageTokens({
      name: "rtpbin",
      properties: {
        name: "rtp",
        "rtp-profile": "avpf",
        "ntp-time-source": "ntp",
        "rtcp-sync-send-time": false,
      },
    }),
    ...[...streams, ...tail].flatMap(stageWords),
  ];
}

/** RTP and RTCP of one session of rtpbin, framed, on their way to one descriptor. */
function output(options: {
  session: number;
  funnel: string;
  fd: number;
}): Stage[][] {
  const { session, funnel, fd } = options;
  const framed = (kind: "rtp" | "rtcp"): Stage[] => [
    { name: `rtp.send_${kind}_src_${session}` },
    { name: "rtpstreampay" },
    { name: `${funnel}.` },
  ];
  return [
    framed("rtp"),
    framed("rtcp"),
    [
      { name: "funnel", properties: { name: funnel } },
      { name: "fdsink", properties: { fd, sync: false, async: false } },
    ],
  ];
}

/** Elements that {@link rtpLaunchArgs} adds. */
export const rtpElements: readonly string[] = [
  "rtpbin",
  "rtpstreampay",
  "rtpstreamdepay",
  "funnel",
  "fdsink",
  "fdsrc",
];

/** Names of the elements in `stages`, without caps filters and references to elements elsewhere. */
export function elementNames(stages: readonly Stage[]): string[] {
  return stages
    .map((stage) => stage.name)
    .filter((name) => !name.includes("/") && !name.endsWith("."));
}

/** `pipeline` as a line to paste into a shell, with its descriptors redirected to files. */
export function shellLine(pipeline: Pipeline): string {
  const { name, args, hasSecondStream = false } = pipeline;
  const words = ["gst-launch-1.0", "-q", ...args].map(quoteForShell);
  const second = hasSecondStream
    ? ` ${secondRtpDescriptor}>${name}-second.rtp`
    : "";
  return `${words.join(" ")} ${rtpDescriptor}>${name}.rtp ${rtcpDescriptor}</dev/null${second}`;
}

/** `stages`, linked one after the other, as words of a launch description. */
export function stageWords(stages: readonly Stage[]): string[] {
  return stages.flatMap((stage, index) =>
    index === 0 ? stageTokens(stage) : ["!", ...stageTokens(stage)],
  );
}

function stageTokens(stage: Stage): string[] {
  return [
    stage.name,
    ...Object.entries(stage.properties ?? {}).map(
      ([name, value]) => `${name}=${value}`,
    ),
  ];
}

function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
