import { setFlagsFromString } from "node:v8";
import { createLogger } from "../../base/log.ts";
import type { LoadedConfig } from "../../config/load-config.ts";

/**
 * Packets are short-lived garbage. V8 lets the space for it grow to 16 MB three times over before it
 * cleans up; 2 MB are enough at 20 Mbit/s, and save 25 MB of each session (measured after ten viewers:
 * 130 MB with V8's default, 106 MB with this).
 */
function limitYoungGeneration(): void {
  setFlagsFromString("--max-semi-space-size=2");
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Runs the agent until its session ends. Returns the exit code. */
export async function run(options: LoadedConfig): Promise<number> {
  limitYoungGeneration();
  const { config, warnings } = options;
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
  });
  const { runAgent } = await import("../../app.ts");
  return await runAgent({ config, warnings, log });
}
