/**
 * What is measured: a program that brings an X display to a page.
 */
import type {
  ChildSpawner,
  KillStep,
  OwnedChild,
} from "../../../../agent/base/child-process.ts";
import { withDeadline } from "../../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../../agent/base/errors.ts";
import type { SystemName } from "../options.ts";

/** What a system is started with. */
export interface SystemStart {
  spawner: ChildSpawner;
  /** `:7` */
  display: string;
  /** An empty folder for sockets and the like. */
  folder: string;
  signal: AbortSignal;
}

/** A system that a page can be opened on. */
export interface RunningSystem extends AsyncDisposable {
  /** What to open in the browser. */
  url: string;
  /** The system's processes; their processor time, with that of their descendants, is the system's. */
  children: readonly OwnedChild[];
  /** Bytes sent to the browser, where the system counts them; the page's own statistics otherwise. */
  sentBytes?: () => Promise<number>;
}

export interface System {
  name: SystemName;
  /** Programs that must be installed. */
  programs: readonly string[];
  /** Brings about what can be done once for all cases. */
  prepare?: (signal: AbortSignal) => Promise<void>;
  start(options: SystemStart): Promise<RunningSystem>;
}

/** A child that says on its standard output when it is ready. */
interface ReadySayer {
  name: string;
  file: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Its first group is returned; the whole line where it has none. */
  pattern: RegExp;
  timeoutMs: number;
  killLadder?: readonly KillStep[];
}

/**
 * Starts a child and waits for a line of its standard output.
 * @throws StreamSpaceError `timeout`, `aborted`, `child-exited` with its last lines.
 */
export async function startUntilLine(
  options: { spawner: ChildSpawner; signal: AbortSignal } & ReadySayer,
): Promise<{ child: OwnedChild; found: string }> {
  const line = Promise.withResolvers<string>();
  const child = await options.spawner.spawn({
    name: options.name,
    file: options.file,
    args: options.args,
    parentDeathSignal: "SIGTERM",
    onOutputLine: (text) => {
      const match = options.pattern.exec(text);
      if (match) line.resolve(match[1] ?? text);
    },
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.killLadder === undefined
      ? {}
      : { killLadder: options.killLadder }),
  });
  void child.exited.then(() => {
    line.reject(
      new StreamSpaceError(
        "child-exited",
        `${options.name} ended at its start: ${child.lastLines().join(" ")}`,
      ),
    );
  });
  try {
    const found = await withDeadline(line.promise, {
      timeoutMs: options.timeoutMs,
      what: `the start of ${options.name}`,
      signal: options.signal,
    });
    return { child, found };
  } catch (error) {
    await child.close();
    throw error;
  } finally {
    line.promise.catch(() => undefined); // The end of a child that has started is told by its owner.
  }
}
