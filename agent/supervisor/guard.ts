/**
 * The guard: a tiny process that outlives the agent and cleans up after a SIGKILL.
 *
 * The kernel's parent-death signal reaches the agent's children, not what they started; and nobody
 * is left to remove the run-time directory. The guard knows every process group the agent owns and
 * acts when its pipe from the agent closes.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ChildObserver } from "../base/child-process.ts";
import { settlesWithin } from "../base/deadline.ts";
import type { Logger } from "../base/log.ts";
import { once, type Closable } from "../base/shutdown.ts";

const script = fileURLToPath(new URL("guard.sh", import.meta.url));

/** Pause before a guard that died is replaced. */
const restartDelayMs = 100;

/** Keeps a guard process informed, and replaces it when it dies. */
export class Guard implements ChildObserver, Closable {
  readonly close = once(() => this.#end());
  readonly #arguments: readonly string[];
  readonly #log: Logger;
  readonly #groups = new Set<number>();
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param options.directory what is removed after a violent end: the session's directory.
   * @param options.parent a directory that is removed too where nothing else is in it.
   * @param options.mark an environment entry, `NAME=value`, by which processes of the session are found
   *   that have left their process group.
   */
  constructor(options: {
    directory: string;
    parent: string | undefined;
    mark: string;
    log: Logger;
  }) {
    this.#arguments = [options.mark, options.directory, options.parent ?? ""];
    this.#log = options.log;
    this.#start();
  }

  started(processGroupId: number): void {
    this.#groups.add(processGroupId);
    this.#tell(`add ${processGroupId}`);
  }

  ended(processGroupId: number): void {
    this.#groups.delete(processGroupId);
    this.#tell(`del ${processGroupId}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(): void {
    // Detached, so that a signal to the agent's group (Ctrl-C, a supervisor's kill) does not reach it.
    const child = spawn("/bin/sh", [script, ...this.#arguments], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#process = child;
    child.stdin.on("error", () => undefined); // Its exit, seen below, says the same.
    child.once("error", (error) => {
      this.#log.warn({ err: error }, "the guard could not be started");
      this.#replaceLater(child);
    });
    child.once("exit", () => {
      this.#replaceLater(child);
    });
    for (const group of this.#groups) this.#tell(`add ${group}`);
  }

  #replaceLater(child: ChildProcess): void {
    if (this.#closed || this.#process !== child) return;
    this.#process = undefined;
    this.#log.warn("the guard ended; starting another");
    this.#restart = setTimeout(() => {
      this.#start();
    }, restartDelayMs);
  }

  #tell(line: string): void {
    // Whoever stopped it would find out only when it is needed; one that runs takes no notice.
    this.#process?.kill("SIGCONT");
    this.#process?.stdin?.write(`${line}\n`);
  }

  async #end(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    const child = this.#process;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => {
      child.once("exit", () => {
        resolve();
      });
    });
    child.stdin?.end("done\n");
    if (!(await settlesWithin(gone, 500))) child.kill("SIGKILL");
  }
}
