import { encoderCandidates } from "../../../encoders/candidates/encoder-candidates.ts";
import { ElementInspector } from "../../../encoders/candidates/installed-element.ts";
import { resolveEncoder } from "../../../encoders/candidates/resolve.ts";
import { describePipelines } from "../../../encoders/describe-pipelines.ts";
import { EncoderCatalogue } from "../../../encoders/proof/catalogue.ts";
import { orderedCandidates } from "../../../encoders/proof/encoder-order.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import { StreamSpaceError } from "../../base/errors.ts";
import { ChildSpawner } from "../../base/child-process.ts";
import { systemClock } from "../../base/clock.ts";
import {
  encoderChoice,
  proofCache,
} from "../../composition/encoder-catalogue.ts";
import type { Config } from "../../config/settings.ts";
import { readSessionFacts } from "../../session/session-directory.ts";
import { captureTargets } from "../capture-targets.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";

/** Each proof has its own deadline; this one holds if drivers hang at all of them. */
const proofsTimeoutMs = 60_000;

/**
 * Prints the launch line of each pipeline that `config` asks for, each under a comment with its name: of video
 * the best encoder of each codec that works here, or with `all` every one that is installed. Where a session runs,
 * the lines record that session.
 * @throws StreamSpaceError `missing-element` where an encoder that the settings insist on does not work.
 */
export async function pipelines(options: {
  config: Config;
  output: Output;
  all: boolean;
}): Promise<number> {
  const { config, output, all } = options;
  const authority = readSessionFacts(config.runtimeDir)?.xauthority;
  if (authority !== undefined) {
    output.result(`export XAUTHORITY='${authority.replaceAll("'", `'\\''`)}'`);
  }
  const encoders = await (all
    ? installedEncoders(config)
    : workingEncoders(config));
  const descriptions = describePipelines(
    config,
    encoders,
    captureTargets(config),
  );
  for (const { name, encoder, shellLine } of descriptions) {
    output.result(`# ${name} (${encoder})`);
    output.result(shellLine);
  }
  return exitCodes.ok;
}

/** The encoders that a session would start with; proven now, unless that is remembered. */
async function workingEncoders(config: Config): Promise<VideoEncoder[]> {
  await using catalogue = new EncoderCatalogue({
    choice: encoderChoice(config),
    cache: proofCache(config, () => undefined),
    spawner: new ChildSpawner(),
    clock: systemClock,
  });
  catalogue.start();
  catalogue.proceed();
  const signal = AbortSignal.timeout(proofsTimeoutMs);
  const found: VideoEncoder[] = [];
  for (const codec of config.videoCodecs) {
    const working = await orUndefined(catalogue.working(codec, signal));
    found.push(...(working?.slice(0, 1) ?? []));
  }
  if (catalogue.explicitFailure !== undefined) throw catalogue.explicitFailure;
  return found;
}

async function installedEncoders(config: Config): Promise<VideoEncoder[]> {
  const inspector = new ElementInspector();
  const choice = encoderChoice(config);
  const found: VideoEncoder[] = [];
  for (const codec of config.videoCodecs) {
    for (const candidate of orderedCandidates(
      encoderCandidates,
      codec,
      choice,
    )) {
      const encoder = await orUndefined(resolveEncoder(candidate, inspector));
      if (encoder !== undefined) found.push(encoder);
    }
  }
  return found;
}

/** What is not installed has no line. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof StreamSpaceError && error.code === "missing-element")
      return undefined;
    throw error;
  }
}
