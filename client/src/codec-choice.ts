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
  vp8: ({ mimeType }) => mimeType.toLowerCase() === "video/vp8",
};

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
