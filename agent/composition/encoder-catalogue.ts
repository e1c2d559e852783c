/**
 * The catalogue of encoders, as the settings want it, with its cache and its words in the log.
 */
import { join } from "node:path";
import type { ChildSpawner } from "../base/child-process.ts";
import { systemClock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { agentVersion } from "../config/version.ts";
import { EncoderCatalogue } from "../../encoders/proof/catalogue.ts";
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

/** Makes the catalogue; it has not begun to look. */
export function encoderCatalogue(options: {
  config: Config;
  spawner: ChildSpawner;
  log: Logger;
}): EncoderCatalogue {
  const { config, spawner, log } = options;
  const cache = new ProofCache({
    file: join(config.cacheDir, "encoders.json"),
    fingerprint: machineFingerprint(agentVersion()),
    onTrouble: (trouble) => {
      log.debug({ trouble }, "the encoders are proven anew");
    },
  });
  const catalogue = new EncoderCatalogue({
    choice: encoderChoice(config),
    cache,
    spawner,
    clock: systemClock,
  });
  void catalogue.complete.then(() => {
    logReports(catalogue, log);
  });
  return catalogue;
}

function logReports(catalogue: EncoderCatalogue, log: Logger): void {
  const reports = catalogue.reports();
  for (const { element, codec, state, reason, startMs } of reports) {
    log.debug({ element, codec, state, reason, startMs }, "an encoder");
  }
  const proven = reports.filter(({ state }) => state === "proven");
  log.info(
    {
      proven: proven.map(({ element }) => element),
      refused: reports.length - proven.length,
    },
    "the encoders that work here",
  );
}
