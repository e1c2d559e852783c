/**
 * The application of the session: a command of the user's, or the demo desktop.
 */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildSpawner } from "../base/child-process.ts";
import { describeExit } from "../base/child-process.ts";
import { settlesWithin, sleep } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { RunningInstance } from "../supervisor/service.ts";
import type { X11Connection } from "../x11/connection.ts";
import { StoppedWatch } from "./stopped-watch.ts";

/** Anything may be an application, so its survival of its first moments has to be the proof. */
const survivalMs = 250;
/** How long the end of a display may take to be noticed. */
const verdictMs = 500;

/** The command that shows the demo desktop, from the sources as well as from a build. */
export function demoCommand(): readonly string[] {
  const extension = extname(import.meta.url);
  return [
    process.execPath,
    fileURLToPath(new URL(`../demo/main${extension}`, import.meta.url)),
  ];
}

/**
 * Starts `command` and resolves when it has lived for a moment.
 *
 * Its end counts only while the display answers: when the X server dies, so does every application,
 * and that is not the application's doing.
 *
 * @param options.endMayBeEarly an end in the first moments is an end like any other, not a failed start.
 * @throws StreamSpaceError `missing-program`, `spawn-failed`, `child-exited`.
 */
export async function startApplication(options: {
  command: readonly string[];
  spawner: ChildSpawner;
  env: NodeJS.ProcessEnv;
  connection: X11Connection;
  endMayBeEarly: boolean;
}): Promise<RunningInstance> {
  const [file, ...args] = options.command;
  if (file === undefined) {
    throw new StreamSpaceError(
      "internal",
      "the application's command is empty",
    );
  }
  const child = await options.spawner.spawn({
    name: "application",
    file,
    args,
    env: options.env,
    killLadder: [
      { signal: "SIGTERM", waitMs: 1_500 },
      { signal: "SIGKILL", waitMs: 500 },
    ],
  });
  const ended = await settlesWithin(child.exited, survivalMs);
  if (ended && !options.endMayBeEarly) {
    throw new StreamSpaceError(
      "child-exited",
      `the application ${describeExit(await child.exited)}: ${child.lastLines().at(-1) ?? "it said nothing"}`,
    );
  }
  const stopped = new StoppedWatch(child.pid);
  void child.exited.then(() => {
    stopped.close();
  });
  return {
    get trouble() {
      return stopped.trouble;
    },
    onTrouble: (listener) => {
      stopped.onChange(listener);
    },
    exited: child.exited.then(async (reason) => {
      await displayVerdict(options.connection);
      return reason;
    }),
    close: () => child.close(),
    lastLines: () => child.lastLines(),
  };
}

/** Returns at once where the display answers; otherwise gives its end the time to be noticed first. */
async function displayVerdict(connection: X11Connection): Promise<void> {
  try {
    await connection.ping(verdictMs);
  } catch {
    await sleep(verdictMs); // The display is what failed, and its own service reports that.
  }
}
