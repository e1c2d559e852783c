/**
 * Programs that the image build runs: each with a deadline, in a process group of its own, ended with
 * that group when the build is interrupted.
 */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { LastLines, LineDecoder } from "../../agent/base/line-decoder.ts";
import { BuildFailure } from "./failure.ts";

/** A program and its arguments; no shell is between. */
export interface Command {
  file: string;
  args: readonly string[];
  /** Added to the environment of the build. */
  env?: Readonly<Record<string, string>>;
}

export interface RunOptions {
  /** What the program does, for the message: `building runtime`. */
  what: string;
  timeoutMs: number;
  signal: AbortSignal;
  /** The output of both streams is appended here. */
  logFile?: string;
  /** Working directory; the build's own where absent. */
  cwd?: string;
}

/** Process groups of programs that run. */
const running = new Set<number>();

/** Ends every program that runs at once, for somebody who does not want to wait until they end by themselves. */
export function killRunning(): void {
  for (const pid of running) signalGroup(pid, "SIGKILL");
}

/** Lines that go with a failure. */
const keptLines = 15;
/** Between SIGTERM and SIGKILL; an engine that is stopped still unmounts what it mounted. */
const gracePeriodMs = 8_000;
/** Standard output is kept up to here, in bytes: a configuration of an image has some tens of kilobytes. */
const maxOutputBytes = 64 * 1024 * 1024;

/** `command` as a person would type it. */
export function describeCommand({ file, args, env }: Command): string {
  const words = [file, ...args].map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  );
  const assignments = Object.entries(env ?? {}).map(
    ([name, value]) => `${name}=${value}`,
  );
  return [...assignments, ...words].join(" ");
}

/**
 * Runs `command` to its end and returns its standard output.
 * @throws BuildFailure `unavailable` where the program is not installed, `failed` with its last lines where it
 * fails or passes its deadline, `interrupted` where `signal` fired.
 */
export async function run(
  command: Command,
  options: RunOptions,
): Promise<string> {
  const { what, signal } = options;
  refuseAborted(signal, what);
  const ended = await runToEnd(command, options);
  if (ended.kind === "exit" && ended.code === 0) return ended.output;
  refuseAborted(signal, what);
  switch (ended.kind) {
    case "absent":
      throw new BuildFailure(
        "unavailable",
        `the program ${command.file} is not installed`,
      );
    case "timeout":
      throw new BuildFailure(
        "failed",
        `${what} took longer than ${Math.round(options.timeoutMs / 1000)} s`,
        { lastLines: ended.lastLines },
      );
    case "exit":
      throw new BuildFailure(
        "failed",
        `${what} failed: ${command.file} ended with ${ended.code ?? "a signal"}`,
        { lastLines: ended.lastLines },
      );
  }
}

function refuseAborted(signal: AbortSignal, what: string): void {
  if (!signal.aborted) return;
  throw new BuildFailure("interrupted", `interrupted while ${what}`);
}

type Ended =
  | {
      kind: "exit";
      code: number | null;
      output: string;
      lastLines: readonly string[];
    }
  | { kind: "timeout"; lastLines: readonly string[] }
  | { kind: "absent" };

function runToEnd(command: Command, options: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.file, [...command.args], {
      cwd: options.cwd,
      env: { ...process.env, ...command.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const log =
      options.logFile === undefined
        ? undefined
        : createWriteStream(options.logFile, { flags: "a" });
    const last = new LastLines(keptLines);
    const lines = new LineDecoder((line) => {
      last.push(line);
    });
    const output: Buffer[] = [];
    let outputBytes = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      log?.write(chunk);
      outputBytes += chunk.length;
      if (outputBytes <= maxOutputBytes) output.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      log?.write(chunk);
      lines.write(chunk);
    });
    let isLate = false;
    const killer = endInTime(child.pid, options, () => {
      isLate = true;
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      killer.close();
      log?.end();
      if (error.code === "ENOENT") resolve({ kind: "absent" });
      else reject(error);
    });
    child.once("close", (code) => {
      killer.close();
      log?.end();
      lines.end();
      const lastLines = last.toArray();
      if (isLate) resolve({ kind: "timeout", lastLines });
      else {
        const text = Buffer.concat(output).toString("utf8");
        resolve({ kind: "exit", code, output: text, lastLines });
      }
    });
  });
}

/** Ends the group of `pid` at the deadline or when the signal fires: politely, then for good. */
function endInTime(
  pid: number | undefined,
  { timeoutMs, signal }: RunOptions,
  onLate: () => void,
): { close: () => void } {
  if (pid !== undefined) running.add(pid);
  let final: NodeJS.Timeout | undefined;
  const end = (): void => {
    signalGroup(pid, "SIGTERM");
    final ??= setTimeout(() => {
      signalGroup(pid, "SIGKILL");
    }, gracePeriodMs);
  };
  const deadline = setTimeout(() => {
    onLate();
    end();
  }, timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  return {
    close: () => {
      if (pid !== undefined) running.delete(pid);
      clearTimeout(deadline);
      clearTimeout(final);
      signal.removeEventListener("abort", end);
    },
  };
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The group is gone already.
  }
}
