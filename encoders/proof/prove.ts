/**
 * Proves an encoder: it encodes real frames in a child, and RTP with a key frame comes out in time. That an element
 * exists says nothing: its driver, its device or one of its properties may still refuse.
 */
import { setPriority } from "node:os";
import type {
  ChildSpawner,
  OwnedChild,
} from "../../agent/base/child-process.ts";
import { describeExit } from "../../agent/base/child-process.ts";
import { withDeadline } from "../../agent/base/deadline.ts";
import { isTimeout } from "../../agent/base/errors.ts";
import { startsKeyFrame } from "../key-frames.ts";
import { rtpDescriptor, stageWords, type Stage } from "../pipeline.ts";
import { RtpFrameDecoder } from "../rtp-framing.ts";
import { endsFrame, isRtp } from "../rtp-packets.ts";
import type { VideoEncoder } from "../video-encoding.ts";

/** What a proof brought. */
export type ProofResult =
  | {
      state: "proven";
      /** From the start of the child to its first packet. */
      startMs: number;
      /** Mean time between frames after the first one: what the encoder needs for one. */
      frameMs: number;
    }
  | { state: "refused"; reason: string };

/** Frames that are encoded, and of which this many less a few must come out. */
const proofFrames = 12;
/** An encoder may hold the last ones back. */
const leastFrames = 8;
/** Larger than the least that hardware takes, small enough for a slow machine. */
const proofCaps = "video/x-raw,format=BGRx,width=640,height=480,framerate=30/1";
/** A driver may have much to say. */
const maxReasonLength = 400;
/** CUDA takes about a second for its first context. */
const proofTimeoutMs = 6_000;
/** More RTP than this is no proof: at its target the encoder makes a hundredth of it. */
const maxProofMiB = 8;

/** How to prove. */
export interface ProveOptions {
  spawner: ChildSpawner;
  signal: AbortSignal;
  /** The whole proof must be done within this. */
  timeoutMs?: number;
  /** Of the child, 0 to 19, which yields to everything else. */
  niceness?: number;
}

/**
 * Runs the proof of `encoder`.
 * @throws StreamSpaceError `aborted`, `missing-program`, `spawn-failed`: what says nothing of the encoder.
 */
export async function proveEncoder(
  encoder: VideoEncoder,
  options: ProveOptions,
): Promise<ProofResult> {
  const startMs = performance.now();
  const child = await options.spawner.spawn({
    name: `proof-${encoder.element}`,
    file: "gst-launch-1.0",
    args: proofArgs(encoder),
    env: { ...process.env, LC_ALL: "C" },
    extraPipes: 1,
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
  });
  const output = new ProofOutput(encoder, child, startMs);
  yieldBy(child, options.niceness ?? 0);
  try {
    const exit = await withDeadline(
      Promise.race([child.exited, output.excess]),
      {
        timeoutMs: options.timeoutMs ?? proofTimeoutMs,
        signal: options.signal,
        what: `the proof of ${encoder.element}`,
      },
    );
    if (exit === "excess")
      return {
        state: "refused",
        reason: `more than ${maxProofMiB} MiB of RTP`,
      };
    if (exit.kind === "exit-code" && exit.exitCode === 0)
      return output.verdict();
    return {
      state: "refused",
      reason: errorLine(child.lastLines()) ?? `it ${describeExit(exit)}`,
    };
  } catch (error) {
    if (isTimeout(error)) {
      const reason = output.isEmpty
        ? `no packet within ${options.timeoutMs ?? proofTimeoutMs} ms`
        : `${proofFrames} frames took longer than ${options.timeoutMs ?? proofTimeoutMs} ms`;
      return { state: "refused", reason };
    }
    throw error;
  } finally {
    await child.close();
  }
}

/** Threads that the child starts from now on yield too. */
function yieldBy(child: OwnedChild, niceness: number): void {
  if (niceness === 0) return;
  try {
    setPriority(child.pid, niceness);
  } catch {
    // It has ended already, or the machine does not allow it: the proof says the same either way.
  }
}

/** Arguments of `gst-launch-1.0` for the proof of `encoder`. */
export function proofArgs(encoder: VideoEncoder): string[] {
  const {
    conversion,
    encoder: stage,
    between,
    payloader,
  } = encoder.encoding({
    frameRate: 30,
    bitrateBps: 2_000_000,
    threads: 2,
  });
  const stages: Stage[] = [
    { name: "videotestsrc", properties: { "num-buffers": proofFrames } },
    { name: proofCaps },
    ...conversion,
    stage,
    ...between,
    payloader,
    { name: "rtpstreampay" },
    { name: "fdsink", properties: { fd: rtpDescriptor, sync: false } },
  ];
  return ["-q", ...stageWords(stages)];
}

/** What has come out of the child so far. */
class ProofOutput {
  /** Settles where there is too much of it; nothing is read from then on. */
  readonly excess: Promise<"excess">;
  readonly #encoder: VideoEncoder;
  readonly #startMs: number;
  #bytes = 0;
  #firstMs: number | undefined;
  #lastMs = 0;
  #frames = 0;
  #beginsWithKeyFrame = false;

  constructor(encoder: VideoEncoder, child: OwnedChild, startMs: number) {
    this.#encoder = encoder;
    this.#startMs = startMs;
    const decoder = new RtpFrameDecoder((packet) => {
      this.#onPacket(packet);
    });
    const { promise, resolve } = Promise.withResolvers<"excess">();
    this.excess = promise;
    const pipe = child.pipe(rtpDescriptor);
    pipe.on("data", (chunk: Buffer) => {
      decoder.write(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes <= maxProofMiB * 2 ** 20) return;
      pipe.pause();
      resolve("excess");
    });
  }

  get isEmpty(): boolean {
    return this.#firstMs === undefined;
  }

  verdict(): ProofResult {
    if (this.#firstMs === undefined)
      return { state: "refused", reason: "it made no packet" };
    if (!this.#beginsWithKeyFrame)
      return { state: "refused", reason: "it did not begin with a key frame" };
    if (this.#frames < leastFrames) {
      return {
        state: "refused",
        reason: `of ${proofFrames} frames it made only ${this.#frames}`,
      };
    }
    return {
      state: "proven",
      startMs: Math.round(this.#firstMs - this.#startMs),
      frameMs:
        Math.round(((this.#lastMs - this.#firstMs) / (this.#frames - 1)) * 10) /
        10,
    };
  }

  #onPacket(packet: Buffer): void {
    if (!isRtp(packet)) return;
    this.#lastMs = performance.now();
    if (this.#firstMs === undefined) {
      this.#firstMs = this.#lastMs;
      this.#beginsWithKeyFrame = startsKeyFrame[this.#encoder.codec](packet);
    }
    if (endsFrame(packet)) this.#frames += 1;
  }
}

/** The line of gst-launch that says what was wrong, without its prefix. */
function errorLine(lines: readonly string[]): string | undefined {
  const line =
    lines.find((text) => /\bERROR\b/.test(text)) ??
    lines.find((text) => text.includes("erroneous pipeline")) ??
    lines.at(-1);
  return line
    ?.replace(/^.*?(?:ERROR: (?:from element \S+: )?|erroneous pipeline: )/, "")
    .trim()
    .slice(0, maxReasonLength);
}
