/**
 * Starts the first VNC server of a list that works.
 */
import { messageOf, StreamSpaceError } from "../../base/errors.ts";
import type { RunningVnc, VncBackend, VncStart } from "./vnc-backend.ts";

/**
 * Tries the backends in their order; those that are not installed are passed over.
 * @throws StreamSpaceError `vnc-unavailable` with the reason of each, `aborted`.
 */
export async function startFirstVnc(
  backends: readonly VncBackend[],
  start: VncStart,
): Promise<RunningVnc> {
  const reasons: string[] = [];
  for (const backend of backends) {
    if (backend.find() === undefined) {
      reasons.push(`${backend.name} is not installed`);
      continue;
    }
    try {
      return await backend.start(start);
    } catch (error) {
      if (start.context.signal.aborted) throw error;
      reasons.push(`${backend.name}: ${messageOf(error)}`);
      start.context.log.warn(
        { reason: messageOf(error) },
        `${backend.name} does not work here`,
      );
    }
  }
  throw new StreamSpaceError(
    "vnc-unavailable",
    `no VNC server works here: ${reasons.join("; ")}`,
    { mend: "Install one: apt-get install tigervnc-scraping-server" },
  );
}
