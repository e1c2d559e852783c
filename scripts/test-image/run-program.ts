/**
 * Programs that the tests of images run, each in a process group of its own: what it has started ends with it at a
 * deadline, and a Ctrl-C in the terminal does not reach it before its owner has cleaned up.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { signalGroup } from "../../agent/base/child-process.ts";

/** What a program said. */
export interface Answer {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>;
  stdin?: string | Uint8Array;
  timeoutMs?: number;
  /** Ends the program as the deadline does. */
  signal?: AbortSignal;
  /** What it does, for the message; its name and first argument where absent. */
  what?: string;
}

/** Characters of each stream that are kept. */
const outputBound = 4_000_000;
const defaultTimeoutMs = 60_000;
/** Between SIGTERM, at which an engine finishes what it writes to its store, and SIGKILL. */
const graceMs = 2_000;

/**
 * Runs a program to its end.
 * @throws Error where it cannot be started, takes longer than `timeoutMs`, or `signal` fires.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Answer> {
  const { timeoutMs = defaultTimeoutMs, signal } = options;
  const what = options.what ?? `${file} ${args[0] ?? ""}`;
  if (signal?.aborted) throw interrupted(what, signal);
  const child = spawn(file, args, {
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  child.stdin.on("error", () => undefined); // It may end without reading; its exit code says why.
  child.stdin.end(options.stdin ?? "");
  return await new Promise((resolve, reject) => {
    const group = new ProgramGroup(child, reject);
    const timer = setTimeout(() => {
      group.end(new Error(`${what} took longer than ${timeoutMs} ms`));
    }, timeoutMs);
    const onAbort = (): void => {
      group.end(interrupted(what, signal));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const text = collectOutput(child);
    child.once("error", (cause) => {
      settle();
      reject(
        new Error(`${file} cannot be started: ${cause.message}`, { cause }),
      );
    });
    child.once("close", (code) => {
      settle();
      resolve({ exitCode: code ?? 1, ...text });
    });
  });
}

/** The output of a program that did what it should. @throws Error the last line that it wrote, where it failed. */
export function outputOf(answer: Answer, what: string): string {
  if (answer.exitCode === 0) return answer.stdout.trim();
  const why = answer.stderr.trim().split("\n").at(-1) ?? "";
  throw new Error(`${what} failed: ${why}`);
}

function interrupted(what: string, signal: AbortSignal | undefined): Error {
  return new Error(`${what} was interrupted`, { cause: signal?.reason });
}

function collectOutput(child: ChildProcess): {
  stdout: string;
  stderr: string;
} {
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8");
    child[name]?.on("data", (chunk: string) => {
      if (text[name].length < outputBound) text[name] += chunk;
    });
  }
  return text;
}

/** Ends a program with what it has started: politely, then for good. */
class ProgramGroup {
  readonly #child: ChildProcess;
  readonly #reject: (error: Error) => void;
  #isEnding = false;

  constructor(child: ChildProcess, reject: (error: Error) => void) {
    this.#child = child;
    this.#reject = reject;
  }

  /** Fails with `error` as soon as the program is gone, whoever still holds its pipes. */
  end(error: Error): void {
    const { pid } = this.#child;
    if (this.#isEnding || pid === undefined) return;
    this.#isEnding = true;
    const finish = (): void => {
      clearTimeout(final);
      signalGroup(pid, "SIGKILL");
      for (const stream of this.#child.stdio) stream?.destroy();
      this.#reject(error);
    };
    const final = setTimeout(finish, graceMs);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      finish();
      return;
    }
    this.#child.once("exit", finish);
    signalGroup(pid, "SIGTERM");
  }
}
