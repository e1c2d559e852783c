/**
 * Children that have an owner.
 *
 * Each child leads a process group of its own, so that what it starts can be ended with it, and runs
 * under `setpriv --pdeathsig`, so that the kernel ends it when the agent is killed (prctl(2),
 * PR_SET_PDEATHSIG). Grandchildren are not covered by that signal; {@link ChildObserver} lets the
 * guard process know every group for that case.
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { settlesWithin, withDeadline } from "./deadline.ts";
import { messageOf, StreamSpaceError, systemCodeOf } from "./errors.ts";
import { floodBytes, FloodGate, floodWindowMs } from "./flood-gate.ts";
import { LastLines, LineDecoder } from "./line-decoder.ts";
import { requireProgram } from "./programs.ts";
import { once, type Closable } from "./shutdown.ts";

/** Why a child is not running any more. */
export type ExitReason =
  /** The owner asked for it. */
  | { kind: "requested" }
  | { kind: "exit-code"; exitCode: number }
  | { kind: "signal"; signal: NodeJS.Signals }
  /** It ran but did not do its work; `what` says what was missing. */
  | { kind: "stalled"; what: string }
  /** It sent what it never should; `what` says what that was. */
  | { kind: "garbage"; what: string };

/** `reason` in words, for logs and the health snapshot. */
export function describeExit(reason: ExitReason): string {
  switch (reason.kind) {
    case "requested":
      return "was stopped";
    case "exit-code":
      return `exited with code ${reason.exitCode}`;
    case "signal":
      return `was ended by ${reason.signal}`;
    case "stalled":
      return `stalled: ${reason.what}`;
    case "garbage":
      return `sent garbage: ${reason.what}`;
  }
}

/** One step of a kill ladder: send `signal` to the group, give it `waitMs` to end. */
export interface KillStep {
  signal: NodeJS.Signals;
  waitMs: number;
}

/** Polite, then final. Five seconds for the whole agent leave one and a half for a child. */
export const defaultKillLadder: readonly KillStep[] = [
  { signal: "SIGTERM", waitMs: 1_500 },
  { signal: "SIGKILL", waitMs: 1_000 },
];

/** Is told about every process group the agent owns. */
export interface ChildObserver {
  started(processGroupId: number): void;
  ended(processGroupId: number): void;
}

/** How to start a child. */
export interface ChildOptions {
  /** A name for logs and errors, e.g. `Xvfb`. */
  name: string;
  /** Program, by name on the PATH or by absolute path. */
  file: string;
  args: readonly string[];
  /** The whole environment of the child; the agent's own where absent. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Pipes in addition to 0, 1 and 2: the child sees them as 3, 4, …. */
  extraPipes?: number;
  /** Give the child a pipe as standard input; `/dev/null` where false or absent. */
  stdin?: boolean;
  /** Called with each line of standard output. Where absent, output counts as error output. */
  onOutputLine?: (line: string) => void;
  /** Called once where the child writes more than is read of it, see `flood-gate.ts`. */
  onFlood?: () => void;
  /** What the kernel sends when the agent dies. SIGTERM for children that clean up after themselves. */
  parentDeathSignal?: "SIGTERM" | "SIGKILL";
  killLadder?: readonly KillStep[];
}

/** Lines of error output that are kept of each child. */
const keptLines = 20;
/** Stands before the last lines of a child that wrote more than was read. */
const floodLine = `(it wrote more than ${floodBytes} bytes in ${floodWindowMs} ms)`;
/** After a child's exit its output may still be on the way; this is how long it is waited for. */
const drainMs = 200;

/** A running child. */
export class OwnedChild implements Closable {
  readonly name: string;
  /** Process id, and id of the process group. */
  readonly pid: number;
  /** Settles once, when the child is gone and its output has been read; never rejects. */
  readonly exited: Promise<ExitReason>;
  /** Ends the child and its group; resolves when the child is gone. Never rejects. */
  readonly close: () => Promise<void>;
  readonly #process: ChildProcess;
  readonly #lastLines = new LastLines(keptLines);
  readonly #killLadder: readonly KillStep[];
  readonly #gates: readonly FloodGate[];
  #hasFlooded = false;
  #closing: ExitReason | undefined;
  #gone = false;

  constructor(process: ChildProcess, pid: number, options: ChildOptions) {
    this.#process = process;
    this.name = options.name;
    this.pid = pid;
    this.#killLadder = options.killLadder ?? defaultKillLadder;
    const errorLines = new LineDecoder((line) => {
      this.#lastLines.push(line);
    });
    const outputLines =
      options.onOutputLine === undefined
        ? errorLines
        : new LineDecoder(options.onOutputLine);
    const onFlood = (): void => {
      if (this.#hasFlooded) return;
      this.#hasFlooded = true;
      options.onFlood?.();
    };
    const gates: FloodGate[] = [];
    for (const [stream, lines] of [
      [process.stdout, outputLines],
      [process.stderr, errorLines],
    ] as const) {
      if (stream === null) continue;
      const onChunk = (chunk: Buffer): void => {
        lines.write(chunk);
      };
      gates.push(new FloodGate(stream, { onChunk, onFlood }));
    }
    this.#gates = gates;
    // A child may die while something is being written to it: its exit tells the story, not the pipe.
    for (const stream of process.stdio) {
      stream?.on("error", () => undefined);
    }
    this.exited = this.#watch(outputLines, errorLines);
    this.close = once(() => this.#end({ kind: "requested" }));
  }

  /** The child's standard input. @throws StreamSpaceError `internal` where none was asked for. */
  get stdin(): Writable {
    if (this.#process.stdin === null) {
      throw new StreamSpaceError("internal", `${this.name} has no input pipe`);
    }
    return this.#process.stdin;
  }

  /** Extra pipe `descriptor` (3, 4, …), readable and writable from this side. */
  pipe(descriptor: number): Readable & Writable {
    const stream = this.#process.stdio[descriptor];
    if (stream === null || stream === undefined) {
      throw new StreamSpaceError(
        "internal",
        `${this.name} has no pipe ${descriptor}`,
      );
    }
    // Node hands out a duplex socket for every "pipe" entry above 2; its type says either one or the other.
    return stream as Readable & Writable;
  }

  /** The last lines the child wrote, oldest first; before them, where it wrote too much, a line that says so. */
  lastLines(): string[] {
    return [
      ...(this.#hasFlooded ? [floodLine] : []),
      ...this.#lastLines.toArray(),
    ];
  }

  /** Ends the child because it does not do its work; `exited` then says `stalled`. */
  async closeAsStalled(what: string): Promise<void> {
    await this.closeAs({ kind: "stalled", what });
  }

  /** Ends the child; `exited` then says `reason`. */
  async closeAs(reason: ExitReason): Promise<void> {
    this.#closing ??= reason;
    await this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #watch(
    outputLines: LineDecoder,
    errorLines: LineDecoder,
  ): Promise<ExitReason> {
    return new Promise((resolve) => {
      this.#process.once("exit", (exitCode, signal) => {
        this.#gone = true;
        for (const gate of this.#gates) gate.open();
        signalGroup(this.pid, "SIGKILL"); // What it left behind in its group has no owner any more.
        const settle = (): void => {
          clearTimeout(timer);
          outputLines.end();
          if (errorLines !== outputLines) errorLines.end();
          for (const stream of this.#process.stdio) stream?.destroy();
          resolve(
            this.#closing ??
              (signal !== null
                ? { kind: "signal", signal }
                : { kind: "exit-code", exitCode: exitCode ?? 0 }),
          );
        };
        const timer = setTimeout(settle, drainMs);
        this.#process.once("close", settle);
      });
    });
  }

  async #end(reason: ExitReason): Promise<void> {
    this.#closing ??= reason;
    // A child that hangs does not hear a polite word; waiting for it would only cost the viewers time.
    const ladder =
      this.#closing.kind === "stalled"
        ? this.#killLadder.slice(-1)
        : this.#killLadder;
    for (const step of ladder) {
      if (this.#gone) break;
      signalGroup(this.pid, step.signal);
      await settlesWithin(this.exited, step.waitMs);
    }
    // SIGKILL cannot be refused; only a process in uninterruptible sleep gets here without having gone.
    await settlesWithin(this.exited, drainMs * 2);
  }
}

/** Starts children on behalf of the agent. */
export class ChildSpawner {
  readonly #observer: ChildObserver | undefined;
  readonly #children = new Set<OwnedChild>();

  constructor(options: { observer?: ChildObserver } = {}) {
    this.#observer = options.observer;
  }

  /** Every child that is running. */
  get children(): ReadonlySet<OwnedChild> {
    return this.#children;
  }

  /**
   * Starts a child. That it was spawned proves nothing: the caller waits for what it does.
   * @throws StreamSpaceError `missing-program`, `spawn-failed`.
   */
  async spawn(options: ChildOptions): Promise<OwnedChild> {
    const file = requireProgram(options.file, options.env?.["PATH"]);
    const child = startProcess(file, options);
    const pid = await spawned(child, options);
    this.#observer?.started(pid);
    const owned = new OwnedChild(child, pid, options);
    this.#children.add(owned);
    void owned.exited.then(() => {
      this.#children.delete(owned);
      this.#observer?.ended(pid);
    });
    return owned;
  }
}

/** What a finished child left. */
export interface FinishedChild {
  exit: ExitReason;
  /** `exit` as a number the way a shell reports it; 0 is success. */
  exitCode: number;
  /** Standard output, cut at {@link outputBound} characters. */
  stdout: string;
  /** The last lines of standard error. */
  stderrLines: string[];
}

/** Characters of standard output that {@link runToEnd} keeps. */
export const outputBound = 1_000_000;

/**
 * Runs a program until it ends.
 * @throws StreamSpaceError `missing-program`, `spawn-failed`, `timeout` (the program is ended), `aborted`.
 */
export async function runToEnd(options: {
  file: string;
  args: readonly string[];
  timeoutMs: number;
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  spawner?: ChildSpawner;
}): Promise<FinishedChild> {
  let stdout = "";
  await using child = await (options.spawner ?? new ChildSpawner()).spawn({
    name: options.file,
    file: options.file,
    args: options.args,
    onOutputLine: (line) => {
      if (stdout.length < outputBound) stdout += `${line}\n`;
    },
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const exit = await withDeadline(child.exited, {
    timeoutMs: options.timeoutMs,
    what: `the end of ${options.file}`,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return {
    exit,
    exitCode: exit.kind === "exit-code" ? exit.exitCode : 128,
    stdout,
    stderrLines: child.lastLines(),
  };
}

/** Signals a whole process group; one that is gone already is what was wanted. */
export function signalGroup(
  processGroupId: number,
  signal: NodeJS.Signals,
): void {
  try {
    process.kill(-processGroupId, signal);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

function startProcess(file: string, options: ChildOptions): ChildProcess {
  const wrapper = requireProgram("setpriv");
  const deathSignal = options.parentDeathSignal ?? "SIGKILL";
  const extraPipes = Array.from(
    { length: options.extraPipes ?? 0 },
    () => "pipe" as const,
  );
  try {
    return spawn(
      wrapper,
      ["--pdeathsig", deathSignal, "--", file, ...options.args],
      {
        detached: true,
        stdio: [
          options.stdin === true ? "pipe" : "ignore",
          "pipe",
          "pipe",
          ...extraPipes,
        ],
        ...(options.env === undefined ? {} : { env: options.env }),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
    );
  } catch (error) {
    // Node throws some reasons at once (E2BIG, a zero byte) and reports the others as an event.
    throw spawnError(error, options);
  }
}

function spawnError(error: unknown, { name }: ChildOptions): StreamSpaceError {
  return new StreamSpaceError(
    "spawn-failed",
    `${name} could not be started: ${messageOf(error)}`,
    { cause: error },
  );
}

async function spawned(
  child: ChildProcess,
  options: ChildOptions,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => {
      reject(spawnError(error, options));
    });
  });
  if (child.pid === undefined) {
    throw new StreamSpaceError(
      "spawn-failed",
      `${options.name} has no process id`,
    );
  }
  return child.pid;
}
