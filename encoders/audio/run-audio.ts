/**
 * Runs an audio pipeline: the life of `pipeline-child.ts`, with a rule of its own for silence.
 */
import { existsSync } from "node:fs";
import type { ExitReason } from "../../agent/base/child-process.ts";
import { poll } from "../../agent/base/deadline.ts";
import { onSharedTicks } from "../../agent/base/shared-ticks.ts";
import { once } from "../../agent/base/shutdown.ts";
import {
  runPipeline,
  type PipelineChild,
  type RunningPipeline,
  type RunPipelineOptions,
} from "../pipeline-child.ts";
import { AudioLiveness } from "./audio-liveness.ts";
import { drainFifo } from "./fifo-drain.ts";

/** What an audio pipeline needs of the sound server. */
export interface SoundSource {
  /** FIFO that the sound server writes. */
  readonly fifo: string;
  /** Whether it writes now; may be as old as {@link SoundSource.stateAgeMs}. */
  readonly isRendering: boolean;
  /** How old `isRendering` may be, in milliseconds. */
  readonly stateAgeMs: number;
  /** Has it write silence for a moment. Must not throw. */
  wake(): void;
}

/** How to run an audio pipeline. */
export interface RunAudioOptions extends RunPipelineOptions {
  sound: SoundSource;
  /** Sound that plays for this long without a packet means that the child stands still. */
  stallMs: number;
}

/** The silence that proves a start is asked for again after this: the first may have been written too early. */
const wakeEveryMs = 500;
/**
 * After this much silence a pipeline is asked for a sign of life, which costs a second of rendering; one that hangs
 * in silence is found by the second or third. One that was stopped is found without.
 */
const probeMs = 60_000;

/**
 * Starts the child and waits for its first RTP packet, which carries silence where nothing plays.
 * @throws StreamSpaceError `sound-unreachable`, `timeout`, and what {@link runPipeline} throws.
 */
export async function runAudio(
  options: RunAudioOptions,
): Promise<RunningPipeline> {
  const { sound, timeoutMs, signal } = options;
  // Silence alone is no stall: `WatchedAudio` judges it.
  const { stallMs, ...unwatched } = options;
  await poll(() => existsSync(sound.fifo) || undefined, {
    everyMs: 20,
    timeoutMs,
    what: "the sound server's FIFO",
    signal,
  });
  const stopDraining = drainFifo(sound.fifo);
  const waking = setInterval(() => {
    sound.wake();
  }, wakeEveryMs);
  try {
    sound.wake();
    return new WatchedAudio(await runPipeline(unwatched), {
      ...unwatched,
      stallMs,
    });
  } finally {
    clearInterval(waking);
    stopDraining();
  }
}

class WatchedAudio implements RunningPipeline {
  readonly exited: Promise<ExitReason>;
  readonly close: () => Promise<void>;
  readonly #pipeline: PipelineChild;
  #stall: ExitReason | undefined;

  constructor(pipeline: PipelineChild, options: RunAudioOptions) {
    this.#pipeline = pipeline;
    const unwatch = this.#watch(options);
    this.close = once(() => {
      unwatch();
      return pipeline.close();
    });
    this.exited = pipeline.exited.then((reason) => {
      unwatch();
      return this.#stall ?? reason;
    });
  }

  lastLines(): string[] {
    return this.#pipeline.lastLines();
  }

  #watch({ sound, source, clock, stallMs }: RunAudioOptions): () => void {
    const liveness = new AudioLiveness({
      // The sound server may have fallen silent since it was asked last.
      stallMs: stallMs + sound.stateAgeMs,
      probeMs,
      nowMs: clock.nowMs(),
    });
    let seenPackets = source.packets;
    let wasStopped = false;
    const unwatch = onSharedTicks(stallMs / 2, () => {
      const nowMs = clock.nowMs();
      if (source.packets !== seenPackets) liveness.onPacket(nowMs);
      seenPackets = source.packets;
      const verdict = liveness.judge(nowMs, sound.isRendering);
      if (verdict.kind === "probe") sound.wake();
      // Twice in a row: who looks into a process with a debugger may be done in a moment.
      const { isStopped } = this.#pipeline;
      const what =
        verdict.kind === "stalled"
          ? `no packet for ${Math.round(verdict.silentMs)} ms while something plays`
          : isStopped && wasStopped
            ? "it was stopped, by a signal or a debugger"
            : undefined;
      wasStopped = isStopped;
      if (what === undefined) return;
      unwatch();
      this.#stall = { kind: "stalled", what };
      void this.#pipeline.close();
    });
    return unwatch;
  }
}
