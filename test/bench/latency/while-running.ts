/**
 * Figures count only while everything that takes part is running.
 */
import {
  describeExit,
  type OwnedChild,
} from "../../../agent/base/child-process.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";

/**
 * Does `work`; its signal fires when `signal` does, and when one of `children` ends.
 * @throws StreamSpaceError `child-exited` where one of them ended, also when `work` did not notice.
 */
export async function whileRunning<T>(
  children: readonly OwnedChild[],
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const finished = new AbortController();
  for (const child of children) {
    void child.exited.then((reason) => {
      // Afterwards they are ended on purpose.
      if (finished.signal.aborted) return;
      ended.abort(
        new StreamSpaceError(
          "child-exited",
          [
            `${child.name} ${describeExit(reason)} during the measurement`,
            ...child.lastLines(),
          ].join("\n"),
        ),
      );
    });
  }
  try {
    const result = await work(AbortSignal.any([signal, ended.signal]));
    ended.signal.throwIfAborted();
    return result;
  } catch (error) {
    ended.signal.throwIfAborted();
    throw error;
  } finally {
    finished.abort();
  }
}
