import { encoderCandidates } from "../../../encoders/candidates/encoder-candidates.ts";
import { ElementInspector } from "../../../encoders/candidates/installed-element.ts";
import { resolveEncoder } from "../../../encoders/candidates/resolve.ts";
import { describePipelines } from "../../../encoders/describe-pipelines.ts";
import { orderedCandidates } from "../../../encoders/proof/encoder-order.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import { StreamSpaceError } from "../../base/errors.ts";
import { encoderChoice } from "../../composition/encoder-catalogue.ts";
import type { Config } from "../../config/settings.ts";
import { readSessionFacts } from "../../session/session-directory.ts";
import { captureTargets } from "../capture-targets.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";

/**
 * Prints the launch line of each pipeline that `config` asks for, each under a comment with its name: of video
 * the first encoder of each codec that is installed, or with `all` every one. Where a session runs, the
 * lines record that session.
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
  const encoders = await installedEncoders(config, all);
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

async function installedEncoders(
  config: Config,
  all: boolean,
): Promise<VideoEncoder[]> {
  const inspector = new ElementInspector();
  const found: VideoEncoder[] = [];
  for (const codec of config.videoCodecs) {
    const choice = encoderChoice(config);
    for (const candidate of orderedCandidates(
      encoderCandidates,
      codec,
      choice,
    )) {
      const encoder = await orUndefined(resolveEncoder(candidate, inspector));
      if (encoder === undefined) continue;
      found.push(encoder);
      if (!all) break;
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
