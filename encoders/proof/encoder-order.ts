/**
 * Which candidates are looked at for a codec, and in which order.
 */
import type { EncoderCandidate } from "../candidates/candidate.ts";
import type { VideoPipelineCodec } from "../video-encoding.ts";

/** What the settings say of encoders. */
export interface EncoderChoice {
  /** Codecs that are wanted, best first. */
  codecs: readonly VideoPipelineCodec[];
  /** Elements that must be used for their codecs; empty where the agent chooses. */
  explicit: readonly string[];
  /** Elements and families, best first; what it does not name follows in the order of the table. */
  preference: readonly string[];
  /** Whether an explicit element that cannot work gives way to the others. */
  fallback: boolean;
}

/** The candidates for `codec`, best first. */
export function orderedCandidates(
  all: readonly EncoderCandidate[],
  codec: VideoPipelineCodec,
  choice: EncoderChoice,
): readonly EncoderCandidate[] {
  const rank = ({ element, family }: EncoderCandidate): number => {
    const named = choice.preference.indexOf(element);
    if (named !== -1) return named;
    const asFamily = choice.preference.indexOf(family);
    return asFamily === -1 ? choice.preference.length : asFamily;
  };
  const candidates = all
    .filter((candidate) => candidate.codec === codec)
    .sort((one, other) => rank(one) - rank(other));
  const explicit = candidates.filter(({ element }) =>
    choice.explicit.includes(element),
  );
  if (explicit.length === 0) return candidates;
  if (!choice.fallback) return explicit;
  return [
    ...explicit,
    ...candidates.filter((candidate) => !explicit.includes(candidate)),
  ];
}
