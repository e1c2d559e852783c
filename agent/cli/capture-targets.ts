import type { CaptureTargets } from "../../encoders/describe-pipelines.ts";
import type { Config } from "../config/settings.ts";
import {
  readSessionFacts,
  sessionPaths,
} from "../session/session-directory.ts";
import { pulseServerAddress } from "../session/sound-server.ts";
import { soundFifo } from "../session/sound-sinks.ts";

/**
 * What the pipelines of the agent with `config` record: of the one that runs, or as far as it is
 * known before one does.
 */
export function captureTargets(config: Config): CaptureTargets {
  const { runtimeDir, display } = config;
  return (
    readSessionFacts(runtimeDir) ?? {
      // An own display takes a free number; this stands for it.
      display: display ?? ":99",
      pulseServer: pulseServerAddress(sessionPaths(runtimeDir)),
      soundFifo: soundFifo(sessionPaths(runtimeDir)),
    }
  );
}
