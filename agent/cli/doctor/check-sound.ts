import { existsSync } from "node:fs";
import { runToEnd } from "../../base/child-process.ts";
import { requireProgram } from "../../base/programs.ts";
import { captureTargets } from "../capture-targets.ts";
import { fine, type Check, type Finding } from "./finding.ts";

const soundTimeoutMs = 5_000;

/** The sound server's program, and the server itself where one runs. */
export const soundCheck: Check = {
  area: "sound",
  async run(config, signal) {
    if (!config.audio) return [fine("sound", "switched off by --no-audio")];
    const path = requireProgram("pulseaudio");
    requireProgram("pactl");
    const { stdout } = await runToEnd({
      file: path,
      args: ["--version"],
      timeoutMs: soundTimeoutMs,
      signal,
    });
    const findings = [fine("sound", `an own ${stdout.trim()} starts`)];
    const { pulseServer } = captureTargets(config);
    // Without a server's name pactl might start one, and a doctor leaves nothing behind.
    if (!existsSync(pulseServer.replace(/^unix:/, ""))) return findings;
    return [...findings, await runningServer(pulseServer, signal)];
  },
};

async function runningServer(
  server: string,
  signal: AbortSignal,
): Promise<Finding> {
  const { exitCode, stderrLines } = await runToEnd({
    file: "pactl",
    args: ["--server", server, "info"],
    timeoutMs: soundTimeoutMs,
    signal,
  });
  if (exitCode === 0) return fine("sound", `the server at ${server} answers`);
  return {
    area: "sound",
    status: "warn",
    message: `the server at ${server} does not answer: ${stderrLines.at(-1) ?? "it says nothing"}`,
    mend: "A running agent starts it again by itself; without one, remove its socket.",
  };
}
