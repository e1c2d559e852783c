/**
 * The display that the session starts itself, whichever X server it is.
 */
import { randomBytes } from "node:crypto";
import type { ChildSpawner } from "../base/child-process.ts";
import { cookieBytes, keepXauthority } from "../base/xauthority.ts";
import type { StartContext } from "../supervisor/service.ts";
import { displayNumberOf } from "./display-number.ts";
import {
  connectDisplay,
  WatchedDisplay,
  type RunningDisplay,
} from "./display.ts";
import type { XServer } from "./x-server.ts";

const killLadder = [
  { signal: "SIGTERM", waitMs: 500 },
  { signal: "SIGKILL", waitMs: 500 },
] as const;

export interface OwnDisplayOptions {
  spawner: ChildSpawner;
  server: XServer;
  /** Path of the authority file, which is written where it is not there yet. */
  xauthority: string;
}

/** See the module's description. Its display number stays the same over restarts, so that `DISPLAY` does. */
export class OwnDisplay {
  readonly #options: OwnDisplayOptions;
  readonly #cookie = randomBytes(cookieBytes);
  #number: number | undefined;

  constructor(options: OwnDisplayOptions) {
    this.#options = options;
  }

  /**
   * Starts the X server and resolves when it answers. Leaves nothing behind when it throws.
   * @throws StreamSpaceError `missing-program`, `spawn-failed`, `child-exited`, `display-unreachable`, `timeout`,
   * `aborted`, `bad-message`.
   */
  async start(context: StartContext): Promise<RunningDisplay> {
    const { spawner, server, xauthority } = this.#options;
    const { signal, log } = context;
    // The server compares the cookie alone; clients find it by the number, which may not be known yet.
    await this.#authorize(this.#number);
    const { command, rfbSocket } = await server.prepare({
      ...{ displayNumber: this.#number, xauthority, signal },
    });
    const child = await spawner.spawn({
      ...{ ...command, extraPipes: 1 },
      parentDeathSignal: "SIGTERM", // It removes its lock file and socket.
      killLadder,
    });
    try {
      this.#number = await displayNumberOf(child, signal);
      await this.#authorize(this.#number);
      const display = `:${this.#number}`;
      const connection = await connectDisplay(display, xauthority, signal);
      return new WatchedDisplay({
        ...{ display, connection, child, log },
        ...{ server: server.name, rfbSocket },
      });
    } catch (error) {
      // Somebody else may have taken the number in the meantime: the next start takes a free one.
      this.#number = undefined;
      await child.close();
      throw error;
    }
  }

  #authorize(displayNumber: number | undefined): Promise<void> {
    return keepXauthority({
      path: this.#options.xauthority,
      displayNumber,
      cookie: this.#cookie,
    });
  }
}
