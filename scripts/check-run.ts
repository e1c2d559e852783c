/**
 * Whether the agent's command `run` would start a session: scripts/check-run.ts [options] [-- command …]
 * Exit code 100 where it would; else that of the agent, which has said why, or printed its help.
 */
import { processOutput } from "../agent/cli/output.ts";
import { runCommandLine } from "../agent/cli/program.ts";

/** None of the agent's own. */
const wouldStart = 100;

process.exitCode = await runCommandLine(
  ["run", ...process.argv.slice(2)],
  processOutput,
  { run: () => Promise.resolve(wouldStart) },
);
