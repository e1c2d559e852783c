import { describePipelines } from "../../../encoders/describe-pipelines.ts";
import type { Config } from "../../config/settings.ts";
import { readSessionFacts } from "../../session/session-directory.ts";
import { captureTargets } from "../capture-targets.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";

/**
 * Prints the launch line of each pipeline that `config` asks for, each under a comment with its name.
 * Where a session runs, the lines record that session.
 */
export function pipelines(options: { config: Config; output: Output }): number {
  const { config, output } = options;
  const authority = readSessionFacts(config.runtimeDir)?.xauthority;
  if (authority !== undefined) {
    output.result(`export XAUTHORITY='${authority.replaceAll("'", `'\\''`)}'`);
  }
  const descriptions = describePipelines(config, captureTargets(config));
  for (const { name, encoder, shellLine } of descriptions) {
    output.result(`# ${name} (${encoder})`);
    output.result(shellLine);
  }
  return exitCodes.ok;
}
