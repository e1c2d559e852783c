/**
 * Every encoder the agent knows, in the order in which it prefers them.
 */
import type { VideoPipelineCodec } from "../video-encoding.ts";
import type { EncoderCandidate } from "./candidate.ts";
import { nvencCandidates } from "./nvenc.ts";
import { aomAv1, openH264, svtAv1, vp8, vp9, x264, x265 } from "./software.ts";
import { vaapiCandidates } from "./vaapi.ts";

/** NVENC, VA-API, then software. */
export const encoderCandidates: readonly EncoderCandidate[] = [
  ...nvencCandidates,
  ...vaapiCandidates,
  x264,
  openH264,
  vp8,
  vp9,
  x265,
  aomAv1,
  svtAv1,
];

/** Names of their elements. */
export const encoderElements: readonly string[] = encoderCandidates.map(
  ({ element }) => element,
);

/** The candidate of that element. */
export function candidateNamed(element: string): EncoderCandidate | undefined {
  return encoderCandidates.find((candidate) => candidate.element === element);
}

/** Those for `codec`, best first. */
export function candidatesFor(
  codec: VideoPipelineCodec,
): readonly EncoderCandidate[] {
  return encoderCandidates.filter((candidate) => candidate.codec === codec);
}
