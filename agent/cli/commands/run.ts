import { createLogger } from "../../base/log.ts";
import type { LoadedConfig } from "../../config/load-config.ts";

/** Runs the agent until its session ends. Returns the exit code. */
export async function run(options: LoadedConfig): Promise<number> {
  const { config, warnings } = options;
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
  });
  const { runAgent } = await import("../../app.ts");
  return await runAgent({ config, warnings, log });
}
