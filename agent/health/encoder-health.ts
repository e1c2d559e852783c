/**
 * What the health report says of encoders.
 */
import type { EncoderTrouble } from "../../encoders/runners/encoder-ladder.ts";
import type { CandidateReport } from "../../encoders/proof/catalogue.ts";
import type { EncoderHealth, VideoCodec } from "../../signaling/protocol.ts";

/** What is known of an encoder: as it was proven, unless this session has found otherwise. */
export function encoderHealth(
  report: CandidateReport,
  troubles: readonly EncoderTrouble[],
): EncoderHealth {
  const { element, codec, family, state, reason, startMs, frameMs } = report;
  const trouble = barred(report.element, troubles);
  return {
    element,
    codec,
    family,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(startMs === undefined ? {} : { startMs }),
    ...(frameMs === undefined ? {} : { frameMs }),
    ...(trouble === undefined
      ? {}
      : { state: "failed", reason: trouble.reason }),
    since: new Date(trouble?.sinceMs ?? report.sinceMs).toISOString(),
    remembered: report.isRemembered === true,
  };
}

/** Why `encoder` encodes `codec`: what is preferred to it and does not work, and how it was proven. */
export function encoderChoiceInWords(
  codec: VideoCodec,
  encoder: string,
  facts: {
    encoders: readonly CandidateReport[];
    encoderTroubles: readonly EncoderTrouble[];
    /** Of a stream that runs: the best encoder, and why it was not taken when the stream began. */
    whyBelowBest?: string | undefined;
  },
): string[] {
  const ofCodec = facts.encoders.filter((report) => report.codec === codec);
  const chosen = ofCodec.find(({ element }) => element === encoder);
  const better =
    chosen === undefined ? ofCodec : ofCodec.slice(0, ofCodec.indexOf(chosen));
  const missing = better.filter((report) => report.missing !== undefined);
  const refused = better.filter(
    ({ state, missing: absent }) => state === "refused" && absent === undefined,
  );
  return [
    ...(missing.length === 0
      ? []
      : [`not installed: ${missing.map(({ element }) => element).join(", ")}`]),
    ...refused.map(
      ({ element, reason }) => `${element} refused: ${reason ?? "unknown"}`,
    ),
    ...(facts.whyBelowBest === undefined
      ? []
      : [`in place of ${facts.whyBelowBest}`]),
    ...better.flatMap(({ element }) => {
      const trouble = barred(element, facts.encoderTroubles);
      const isTold = facts.whyBelowBest?.startsWith(`${element}: `) === true;
      return trouble === undefined || isTold
        ? []
        : [`${element} failed: ${trouble.reason}`];
    }),
    ...(chosen?.startMs === undefined
      ? []
      : [`${encoder} proven in ${chosen.startMs} ms`]),
  ];
}

/** Whether every encoder for `codec` has been refused. */
export function hasNoEncoder(
  codec: VideoCodec,
  reports: readonly CandidateReport[],
): boolean {
  const ofCodec = reports.filter((report) => report.codec === codec);
  return (
    ofCodec.length > 0 && ofCodec.every(({ state }) => state === "refused")
  );
}

function barred(
  element: string,
  troubles: readonly EncoderTrouble[],
): EncoderTrouble | undefined {
  return troubles.find(
    (trouble) => trouble.element === element && trouble.isBarred,
  );
}
