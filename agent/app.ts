/**
 * The composition root: claims what a session needs, runs the agent, and gives all of it back in the reverse order.
 */
import { StreamSpaceError } from "./base/errors.ts";
import type { Logger } from "./base/log.ts";
import { Agent } from "./composition/agent.ts";
import {
  checkPreconditions,
  claimSessionDirectory,
  markEnvironment,
} from "./composition/before-start.ts";
import { EndRequests } from "./composition/end-request.ts";
import { SessionWatch } from "./composition/session-watch.ts";
import { describeConfig } from "./config/describe-config.ts";
import type { Config } from "./config/settings.ts";
import { removeSessionDirectory } from "./session/session-directory.ts";
import { Guard } from "./supervisor/guard.ts";
import { killMarkedProcesses } from "./supervisor/marked-processes.ts";

/** What {@link runAgent} is given. */
export interface AgentOptions {
  config: Config;
  /** Sentences about the configuration that are worth a log line. */
  warnings: readonly string[];
  log: Logger;
}

/**
 * Runs the agent until a signal, or its application's end, asks it to stop.
 * @returns the exit code: 0 after an orderly end.
 * @throws StreamSpaceError when it cannot start, with one sentence and the mend.
 */
export async function runAgent(options: AgentOptions): Promise<number> {
  const { config, warnings, log } = options;
  for (const warning of warnings) log.warn(warning);
  log.debug({ config: describeConfig(config) }, "the configuration");
  // Signals count from the first moment: a start that is called off still ends in order.
  const ending = new EndRequests(log);
  const mark = markEnvironment();
  await checkPreconditions(config);
  await using stack = new AsyncDisposableStack();
  const watch = new SessionWatch({ config, log });
  stack.defer(() => watch.close());
  const directory = claimSessionDirectory(config, log);
  const { paths } = directory;
  stack.defer(() => {
    removeSessionDirectory(directory);
  });
  stack.defer(() => {
    killMarkedProcesses(mark);
  });
  const guard = stack.use(
    new Guard({
      directory: paths.session,
      parent: directory.madeRuntimeDir ? config.runtimeDir : undefined,
      mark,
      log,
    }),
  );
  const agent = new Agent({ config, paths, log, guard, watch });
  stack.defer(() => agent.close());
  await agent.start();
  const end = await Promise.race([ending.requested, agent.ended]);
  const request =
    end instanceof StreamSpaceError
      ? { reason: end.message, isGraceful: false }
      : end;
  await agent.drain(request, ending.hurry);
  limitShutdown(log);
  if (end instanceof StreamSpaceError) throw end;
  log.info({ reason: request.reason }, "the session ends");
  return 0;
}

/** Orchestrators kill what has not ended in time; whatever still hangs then is the guard's to end. */
const shutdownLimitMs = 4_700;

function limitShutdown(log: Logger): void {
  setTimeout(() => {
    log.error("the session did not end in time; giving up on what is left");
    process.exit(1);
  }, shutdownLimitMs).unref();
}
