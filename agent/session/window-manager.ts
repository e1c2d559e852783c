/**
 * The window manager of the session.
 */
import type { ChildSpawner } from "../base/child-process.ts";
import { describeExit } from "../base/child-process.ts";
import { poll } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { RunningInstance, StartContext } from "../supervisor/service.ts";
import type { X11Connection } from "../x11/connection.ts";
import { openboxArguments } from "./openbox-configuration.ts";
import { watchWindowManager } from "./window-manager-watch.ts";

/** What starts where the setting says `auto` and the display is our own. */
export const defaultWindowManager = "openbox";

/** How long a window manager may take to announce itself. */
const announceTimeoutMs = 5_000;

/**
 * Starts `program` and resolves when it manages the display: a window manager announces itself by the
 * root window's property `_NET_SUPPORTING_WM_CHECK` (Extended Window Manager Hints 1.5).
 */
export async function startWindowManager(
  options: {
    program: string;
    /** Of the session; for a configuration of the window manager's. */
    folder: string;
    spawner: ChildSpawner;
    env: NodeJS.ProcessEnv;
    connection: X11Connection;
  },
  context: StartContext,
): Promise<RunningInstance> {
  const { program, folder, spawner, env, connection } = options;
  const child = await spawner.spawn({
    name: program,
    file: program,
    args: program === defaultWindowManager ? openboxArguments(env, folder) : [],
    env,
    killLadder: [
      { signal: "SIGTERM", waitMs: 500 },
      { signal: "SIGKILL", waitMs: 500 },
    ],
  });
  const stop = new AbortController();
  try {
    const exited = child.exited.then((reason): never => {
      throw new StreamSpaceError(
        "child-exited",
        `${program} ${describeExit(reason)}: ${child.lastLines().at(-1) ?? "it said nothing"}`,
      );
    });
    const announced = poll(
      () =>
        connection.windows.windowProperty(
          connection.root,
          "_NET_SUPPORTING_WM_CHECK",
        ),
      {
        everyMs: 10,
        timeoutMs: announceTimeoutMs,
        what: `${program} taking over the display`,
        signal: AbortSignal.any([context.signal, stop.signal]),
      },
    );
    await Promise.race([announced, exited]);
    watchWindowManager({
      child,
      question: connection.windowManager.openQuestion(),
      pingDisplay: (timeoutMs) => connection.ping(timeoutMs),
    });
    return child;
  } catch (error) {
    await child.close();
    throw error;
  } finally {
    stop.abort(); // Nobody waits for the announcement any more, whichever came first.
  }
}
