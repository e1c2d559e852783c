/**
 * The catalogue of encoders, as the settings want it, with its cache and its words in the log.
 */
import { join } from "node:path";
import type { ChildSpawner } from "../base/child-process.ts";
import { systemClock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { agentVersion } from "../config/version.ts";
import {
  EncoderCatalogue,
  type CandidateReport,
} from "../../encoders/proof/catalogue.ts";
import type { EncoderChoice } from "../../encoders/proof/encoder-order.ts";
import { machineFingerprint } from "../../encoders/proof/fingerprint.ts";
import { ProofCache } from "../../encoders/proof/proof-cache.ts";

/** What the settings say of encoders. */
export function encoderChoice(config: Config): EncoderChoice {
  return {
    codecs: config.videoCodecs,
    explicit: config.videoEncoder,
    preference: config.videoEncoderOrder,
    fallback: config.videoEncoderFallback,
  };
}

/** What earlier starts with `config` have found on this machine. */
export function proofCache(
  config: Config,
  onTrouble: (trouble: string) => void,
): ProofCache {
  return new ProofCache({
    file: join(config.cacheDir, "encoders.json"),
    fingerprint: machineFingerprint(agentVersion()),
    onTrouble,
  });
}

/** Makes the catalogue; it has not begun to look. */
export function encoderCatalogue(options: {
  config: Config;
  spawner: ChildSpawner;
  log: Logger;
}): EncoderCatalogue {
  const { config, spawner, log } = options;
  const cache = proofCache(config, (trouble) => {
    log.debug({ trouble }, "the encoders are proven anew");
  });
  const catalogue = new EncoderCatalogue({
    choice: encoderChoice(config),
    cache,
    spawner,
    clock: systemClock,
    onExamined: (report) => {
      logReport(report, log);
    },
  });
  void catalogue.complete.then(() => {
    logSummary(catalogue, log);
  });
  return catalogue;
}

/** What works is worth a line, and so is what is installed and does not work. */
function logReport(report: CandidateReport, log: Logger): void {
  const { element, codec, startMs, reason, missing, isRemembered } = report;
  if (report.state === "proven")
    log.info({ element, codec, startMs, isRemembered }, "an encoder works");
  else if (missing === undefined)
    log.info({ element, codec, reason, isRemembered }, "an encoder is refused");
  else log.debug({ element, codec, reason }, "an encoder is not installed");
}

function logSummary(catalogue: EncoderCatalogue, log: Logger): void {
  const reports = catalogue.reports();
  const elementsWhere = (
    isMeant: (report: CandidateReport) => boolean,
  ): string[] => reports.filter(isMeant).map(({ element }) => element);
  log.info(
    {
      proven: elementsWhere(({ state }) => state === "proven"),
      refused: elementsWhere(
        ({ state, missing }) => state === "refused" && missing === undefined,
      ),
      notInstalled: elementsWhere(({ missing }) => missing !== undefined)
        .length,
    },
    "the encoders that work here",
  );
}
