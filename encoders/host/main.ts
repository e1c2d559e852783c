/**
 * The host child: `node main.ts <config as JSON> <launch description, a word an argument>`.
 *
 * RTP leaves through descriptor 3, commands come in on standard input, events go to standard output, see
 * `control.ts`. It ends with SIGTERM, with the end of its input (the agent is gone), with its display, and
 * with an error of its pipeline; the last line on standard error then says why.
 */
import { writeSync } from "node:fs";
import * as v from "valibot";
import { withDeadline } from "../../agent/base/deadline.ts";
import {
  StreamSpaceError,
  toStreamSpaceError,
} from "../../agent/base/errors.ts";
import { LineDecoder } from "../../agent/base/line-decoder.ts";
import { NativeLibrary } from "../gstreamer-library.ts";
import {
  beatMs,
  hostCommandSchema,
  hostConfigSchema,
  parseLine,
  type HostConfig,
  type HostEvent,
} from "./control.ts";
import { loadGStreamer } from "./gstreamer.ts";
import { VideoHost } from "./video-host.ts";

/** Longer than any display, driver or registry of plugins takes that still works. */
const startTimeoutMs = 8_000;
/** Longest command. */
const maxCommandLength = 1_024;

function emit(event: HostEvent): void {
  // Synchronous: an event that is written has reached the pipe, also when the process ends with it.
  writeSync(1, `${JSON.stringify(event)}\n`);
}

/**
 * Ends the process without running anything on the way: the destructors of native libraries must not run
 * while threads of a pipeline still use them.
 */
function end(exitCode: number): never {
  try {
    NativeLibrary.ofProcess()
      .bind<{ exit(code: number): void }>({ exit: "void _exit(int)" })
      .exit(exitCode);
  } finally {
    process.exit(exitCode);
  }
}

function fail(error: unknown): never {
  const { code, message } = toStreamSpaceError(error);
  try {
    emit({ type: "failed", code, message });
    writeSync(2, `${message}\n`);
  } finally {
    end(1);
  }
}

function readConfig(text: string | undefined): HostConfig {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "");
  } catch (cause) {
    throw new StreamSpaceError("config", "the first argument is not JSON", {
      cause,
    });
  }
  const result = v.safeParse(hostConfigSchema, value);
  if (result.success) return result.output;
  const where = v.getDotPath(result.issues[0]) ?? "the whole";
  throw new StreamSpaceError(
    "config",
    `the first argument is wrong at ${where}: ${result.issues[0].message}`,
  );
}

async function main(): Promise<void> {
  const [, , configText, ...words] = process.argv;
  const host = new VideoHost({
    config: readConfig(configText),
    words,
    gstreamer: loadGStreamer(),
    emit,
    onFailed: fail,
  });
  await withDeadline(host.start(), {
    timeoutMs: startTimeoutMs,
    what: "the start of the host",
  });
  const commands = new LineDecoder(
    (line) => {
      const command = parseLine(hostCommandSchema, line);
      if (command !== undefined) host.obey(command);
      else writeSync(2, "a command was not understood\n");
    },
    { maxLength: maxCommandLength },
  );
  process.stdin.on("data", (chunk: Buffer) => {
    commands.write(chunk);
  });
  process.stdin.on("end", () => {
    end(0);
  });
  setInterval(() => {
    host.beat();
  }, beatMs);
}

process.on("SIGTERM", () => {
  end(0);
});
try {
  await main();
} catch (error) {
  fail(error);
}
