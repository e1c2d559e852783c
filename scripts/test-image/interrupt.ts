/**
 * The end of a test by a signal: what it has started is on the host's network, and a volume of nobody stays for ever.
 */
import { constants } from "node:os";
import { settlesWithin } from "../../agent/base/deadline.ts";
import type { Belongings } from "./belongings.ts";

/** Less than the 30 s after which `test-images.sh` kills. */
const removalMs = 25_000;

/** Removes all `belongings` at the first signal, and exits as a shell reports it: 130 for SIGINT, 143 for SIGTERM. */
export function endOnSignals(belongings: Belongings): void {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Not once: without a listener, a second signal would end the removal.
    process.on(name, () => {
      if (belongings.signal.aborted) return;
      void end(belongings, 128 + constants.signals[name]);
    });
  }
}

async function end(belongings: Belongings, exitCode: number): Promise<void> {
  console.error("interrupted: removing what was started");
  if (!(await settlesWithin(belongings.removeAll(), removalMs)))
    console.error(
      `warning: something is left behind after ${removalMs / 1_000} s; its name begins with streamspace-test-`,
    );
  process.exit(exitCode);
}
