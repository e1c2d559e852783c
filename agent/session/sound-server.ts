/**
 * The sound server of the session: PulseAudio with a null sink, whose monitor is what viewers hear.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  runToEnd,
  type ChildSpawner,
  type OwnedChild,
} from "../base/child-process.ts";
import { poll } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { RunningInstance, StartContext } from "../supervisor/service.ts";
import type { SessionPaths } from "./session-directory.ts";

/** Name of the null sink that applications play to. */
const sinkName = "streamspace";
/**
 * A null sink that nobody reads with little delay renders two seconds at a time, and the first sound a
 * new viewer hears would come up to two seconds late (measured: 1–2 s, and 20 ms with this). A loopback
 * of the monitor into a second null sink keeps the pace, for half a percent of a core.
 */
const paceSinkName = "streamspace_pace";
const paceLatencyMs = 100;
/** What is recorded for viewers. */
export const pulseSource = `${sinkName}.monitor`;

/** A sound server that has answered. */
export interface RunningSound extends RunningInstance {
  /** Asks it again, and ends it as stalled where it does not answer; never rejects for that. */
  verify(): Promise<void>;
}

/** Address of the session's sound server. */
export function pulseServerAddress(paths: SessionPaths): string {
  return `unix:${paths.pulseSocket}`;
}

/**
 * Starts PulseAudio and resolves when it has answered a request.
 * @throws StreamSpaceError `missing-program`, `sound-unreachable`, `aborted`.
 */
export async function startSoundServer(
  options: {
    spawner: ChildSpawner;
    paths: SessionPaths;
    env: NodeJS.ProcessEnv;
  },
  context: StartContext,
): Promise<RunningSound> {
  const { spawner, paths } = options;
  const env = {
    ...options.env,
    PULSE_SERVER: pulseServerAddress(paths),
    PULSE_RUNTIME_PATH: paths.pulse,
    PULSE_STATE_PATH: paths.pulse,
    PULSE_COOKIE: paths.pulseCookie,
  };
  const child = await spawner.spawn({
    name: "pulseaudio",
    file: "pulseaudio",
    args: [
      "-n", // Not the system's start-up script: it would look for hardware and a session bus.
      `--file=${writeStartupScript(paths)}`,
      "--daemonize=no",
      "--use-pid-file=no",
      "--exit-idle-time=-1",
      "--disallow-exit=yes",
      "--log-target=stderr",
    ],
    env,
    parentDeathSignal: "SIGTERM",
    killLadder: [
      { signal: "SIGTERM", waitMs: 500 },
      { signal: "SIGKILL", waitMs: 500 },
    ],
  });
  const stop = new AbortController();
  try {
    const exited = child.exited.then((): never => {
      throw new StreamSpaceError(
        "sound-unreachable",
        `PulseAudio ended while it started: ${child.lastLines().at(-1) ?? "it said nothing"}`,
      );
    });
    const signal = AbortSignal.any([context.signal, stop.signal]);
    await Promise.race([answers(env, spawner, signal), exited]);
    return withVerification(child, env, spawner);
  } catch (error) {
    await child.close();
    throw soundError(error, child);
  } finally {
    stop.abort(); // Nobody waits for an answer any more, whichever came first.
  }
}

/** How long a sound server that is asked whether it lives may think. */
const verifyTimeoutMs = 2_000;

function withVerification(
  child: OwnedChild,
  env: NodeJS.ProcessEnv,
  spawner: ChildSpawner,
): RunningSound {
  return {
    exited: child.exited,
    close: () => child.close(),
    lastLines: () => child.lastLines(),
    verify: async () => {
      if (await isAnswering(env, spawner, undefined)) return;
      await child.closeAsStalled("it does not answer");
    },
  };
}

/** A PulseAudio that runs but does not answer has written down why. */
function soundError(error: unknown, child: OwnedChild): unknown {
  if (!(error instanceof StreamSpaceError) || error.code !== "timeout") {
    return error;
  }
  return new StreamSpaceError(
    "sound-unreachable",
    `PulseAudio does not answer: ${child.lastLines().at(-1) ?? "it said nothing"}`,
    { cause: error },
  );
}

async function answers(
  env: NodeJS.ProcessEnv,
  spawner: ChildSpawner,
  signal: AbortSignal,
): Promise<void> {
  await poll(
    async () => (await isAnswering(env, spawner, signal)) || undefined,
    { everyMs: 50, timeoutMs: 8_000, what: "an answer of PulseAudio", signal },
  );
}

async function isAnswering(
  env: NodeJS.ProcessEnv,
  spawner: ChildSpawner,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const result = await runToEnd({
      file: "pactl",
      args: ["info"],
      env,
      spawner,
      timeoutMs: verifyTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    return result.exitCode === 0;
  } catch (error) {
    // No answer in time is an answer; that pactl is missing, or the wait called off, is not.
    if (error instanceof StreamSpaceError && error.code === "timeout")
      return false;
    throw error;
  }
}

/** The commands PulseAudio runs at its start. The socket is safe in a directory of the user's own. */
function writeStartupScript(paths: SessionPaths): string {
  const file = join(paths.pulse, "session.pa");
  const format = "rate=48000 channels=2";
  const lines = [
    ".fail",
    `load-module module-native-protocol-unix auth-anonymous=1 auth-cookie-enabled=0 socket=${paths.pulseSocket}`,
    `load-module module-null-sink sink_name=${sinkName} ${format} sink_properties=device.description=StreamSpace`,
    `load-module module-null-sink sink_name=${paceSinkName} ${format}`,
    `load-module module-loopback source=${pulseSource} sink=${paceSinkName} latency_msec=${paceLatencyMs} adjust_time=0 source_dont_move=true sink_dont_move=true`,
    `set-default-sink ${sinkName}`,
    `set-default-source ${pulseSource}`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return file;
}
