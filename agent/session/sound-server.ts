/**
 * The sound server of the session: PulseAudio with a sink that writes into a FIFO, from which viewers hear.
 */
import type { AudioChannels } from "../../encoders/audio/channels.ts";
import {
  runToEnd,
  type ChildSpawner,
  type OwnedChild,
} from "../base/child-process.ts";
import { poll } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { RunningInstance, StartContext } from "../supervisor/service.ts";
import type { SessionPaths } from "./session-directory.ts";
import { SoundControl } from "./sound-control.ts";
import {
  soundControlSocket,
  soundFifo,
  writeDaemonSettings,
  writeStartupScript,
} from "./sound-sinks.ts";
import { SoundWatch, soundWatchEveryMs } from "./sound-watch.ts";

/** A sound server that has answered. */
export interface RunningSound extends RunningInstance {
  /** FIFO that it writes while something plays. */
  readonly fifo: string;
  /** Whether it writes now, as of {@link stateAgeMs} ago at most. */
  readonly isRendering: boolean;
  readonly stateAgeMs: number;
  /** Has it write a moment of silence. */
  wake(): void;
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
    /** Of the sink; two where absent. */
    channels?: AudioChannels;
    /** Whether there is a source for what viewers say; not where absent. */
    microphone?: boolean;
    env: NodeJS.ProcessEnv;
  },
  context: StartContext,
): Promise<RunningSound> {
  const { spawner, paths, channels = 2, microphone = false } = options;
  const env = serverEnvironment(options.env, paths, channels);
  const child = await spawner.spawn({
    name: "pulseaudio",
    file: "pulseaudio",
    args: [
      "-n", // Not the system's start-up script: it would look for hardware and a session bus.
      `--file=${writeStartupScript(paths, channels, microphone)}`,
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
    const opening = SoundControl.open(soundControlSocket(paths), {
      timeoutMs: startTimeoutMs,
      signal,
    });
    const control = await Promise.race([opening, exited]);
    const { log } = context;
    const watch = new SoundWatch({
      ...{ child, control, paths, channels, microphone, log },
    });
    return watched(child, watch, soundFifo(paths));
  } catch (error) {
    await child.close();
    throw soundError(error, child);
  } finally {
    stop.abort(); // Nobody waits for an answer any more, whichever came first.
  }
}

function serverEnvironment(
  env: NodeJS.ProcessEnv,
  paths: SessionPaths,
  channels: AudioChannels,
): NodeJS.ProcessEnv {
  const settings = writeDaemonSettings(paths, channels);
  return {
    ...env,
    PULSE_SERVER: pulseServerAddress(paths),
    PULSE_RUNTIME_PATH: paths.pulse,
    PULSE_STATE_PATH: paths.pulse,
    PULSE_COOKIE: paths.pulseCookie,
    ...(settings === undefined ? {} : { PULSE_CONFIG: settings }),
  };
}

const startTimeoutMs = 8_000;
/** How long a sound server that starts may think about one question. */
const infoTimeoutMs = 2_000;

function watched(
  child: OwnedChild,
  watch: SoundWatch,
  fifo: string,
): RunningSound {
  return {
    exited: child.exited,
    close: () => child.close(),
    lastLines: () => child.lastLines(),
    fifo,
    get isRendering() {
      return watch.isRendering;
    },
    // One look may be under way while the one before is a whole period old.
    stateAgeMs: soundWatchEveryMs,
    wake: () => {
      watch.wake();
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
    {
      everyMs: 50,
      timeoutMs: startTimeoutMs,
      what: "an answer of PulseAudio",
      signal,
    },
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
      timeoutMs: infoTimeoutMs,
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
