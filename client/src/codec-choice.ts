/**
 * Which video codecs to offer the agent. Pure.
 */
import { videoCodecs, type VideoCodec } from "../../signaling/protocol.ts";

/** The fields of RTCRtpCodec that matter. */
export interface CodecCapability {
  mimeType: string;
  sdpFmtpLine?: string | undefined;
}

/**
 * The codecs this browser decodes, best first.
 *
 * @param capabilities from `RTCRtpReceiver.getCapabilities("video")`; empty where there is no WebRTC.
 * @param forced `?codec=` of the page's address: only this one, where the browser has it.
 * @param refused codecs that the browser listed but did not take when it came to it.
 */
export function chooseCodecs(options: {
  capabilities: readonly CodecCapability[];
  forced?: string | null;
  refused?: ReadonlySet<VideoCodec>;
}): VideoCodec[] {
  const { capabilities, forced, refused } = options;
  const known = videoCodecs.filter(
    (codec) => !refused?.has(codec) && capabilities.some(decoderOf[codec]),
  );
  const wanted = known.filter((codec) => codec === forced);
  return isVideoCodec(forced) ? wanted : known;
}

function isVideoCodec(name: string | null | undefined): boolean {
  return videoCodecs.some((codec) => codec === name);
}

const decoderOf: Record<VideoCodec, (codec: CodecCapability) => boolean> = {
  h264: isBaselineH264,
  vp8: isNamed("video/vp8"),
  vp9: isVp9Profile0,
  av1: isNamed("video/av1"),
  h265: isNamed("video/h265"),
};

function isNamed(name: string): (codec: CodecCapability) => boolean {
  return ({ mimeType }) => mimeType.toLowerCase() === name;
}

/** RFC 9628, section 6: profile 0, 8 bits and 4:2:0, is what is meant where nothing is said. */
function isVp9Profile0({
  mimeType,
  sdpFmtpLine = "profile-id=0",
}: CodecCapability): boolean {
  return (
    mimeType.toLowerCase() === "video/vp9" &&
    /(?:^|;)\s*profile-id=0\s*(?:;|$)/.test(sdpFmtpLine)
  );
}

/** RFC 6184, 8.1: profile 42 is baseline; packetization mode 1 allows the fragments of large frames. */
function isBaselineH264({
  mimeType,
  sdpFmtpLine = "",
}: CodecCapability): boolean {
  if (mimeType.toLowerCase() !== "video/h264") return false;
  const parameters = new Map(
    sdpFmtpLine
      .toLowerCase()
      .split(";")
      .map((parameter) => {
        const [name = "", value = ""] = parameter.split("=");
        return [name.trim(), value.trim()];
      }),
  );
  return (
    parameters.get("packetization-mode") === "1" &&
    (parameters.get("profile-level-id") ?? "42").startsWith("42")
  );
}
