/**
 * What a check found, and how checks are run.
 */
import { withDeadline } from "../../base/deadline.ts";
import { messageOf, StreamSpaceError } from "../../base/errors.ts";
import type { Config } from "../../config/settings.ts";

/** `ok`: fine. `warn`: works, but not as one might expect. `fail`: a session will not work. */
export type Status = "ok" | "warn" | "fail";

/** One thing a check has to say. */
export interface Finding {
  /** What was looked at, in one or two words. */
  readonly area: string;
  readonly status: Status;
  readonly message: string;
  /** How to mend it; absent only where nothing sensible can be said. */
  readonly mend?: string;
}

/** Looks at one part of the machine. Throwing counts as a failure of that part. */
export interface Check {
  readonly area: string;
  readonly run: (config: Config, signal: AbortSignal) => Promise<Finding[]>;
}

const checkTimeoutMs = 60_000;

/** Runs `checks` at the same time; the findings come in the order of the checks. */
export async function runChecks(
  checks: readonly Check[],
  config: Config,
): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(async (check) => await runCheck(check, config)),
  );
  return found.flat();
}

async function runCheck(check: Check, config: Config): Promise<Finding[]> {
  const abort = new AbortController();
  try {
    return await withDeadline(check.run(config, abort.signal), {
      timeoutMs: checkTimeoutMs,
      what: `the check of ${check.area}`,
    });
  } catch (error) {
    return [failure(check.area, error)];
  } finally {
    abort.abort();
  }
}

/** A failed finding from what was thrown. */
export function failure(area: string, error: unknown): Finding {
  const mend = error instanceof StreamSpaceError ? error.mend : undefined;
  return {
    area,
    status: "fail",
    message: messageOf(error),
    ...(mend === undefined ? {} : { mend }),
  };
}

/** A finding that all is well. */
export function fine(area: string, message: string): Finding {
  return { area, status: "ok", message };
}
