/**
 * From a pipeline of the session to one that encodes a few synthetic frames and ends.
 */
import { StreamSpaceError } from "../../base/errors.ts";

/** Enough for the encoders' look-ahead, few enough for a slow machine. */
const trialFrames = 30;
const trialAudioBuffers = 50;

const trialSources: Readonly<Record<string, readonly string[]>> = {
  ximagesrc: ["videotestsrc", `num-buffers=${trialFrames}`],
  filesrc: ["audiotestsrc", `num-buffers=${trialAudioBuffers}`],
};

/** Where a stream goes into rtpbin. */
const rtpInput = /^rtp\.send_rtp_sink_\d$/;

/** Not `async`: of two outputs behind a `tee`, the first would wait for ever for the second's first packet. */
const output = ["fdsink", "fd=1", "async=false"];

/**
 * The arguments of `gst-launch-1.0` for a trial of `args`: the source is replaced by a synthetic
 * one, encoders and payloaders stay as they are, and RTP goes to standard output.
 * @throws StreamSpaceError `internal` where `args` is no pipeline of the session.
 */
export function trialArgs(args: readonly string[]): string[] {
  const start = args.findIndex((word) => Object.hasOwn(trialSources, word));
  const source = trialSources[args[start] ?? ""];
  const firstLink = args.indexOf("!", start);
  const end = args.findLastIndex((word) => rtpInput.test(word));
  if (source === undefined || firstLink === -1 || end < firstLink) {
    throw new StreamSpaceError(
      "internal",
      "a pipeline has no source or no RTP output that a trial could replace",
    );
  }
  const streams = args
    .slice(firstLink, end + 1)
    .flatMap((word) => (rtpInput.test(word) ? output : [word]));
  return ["-q", ...source, ...streams];
}
