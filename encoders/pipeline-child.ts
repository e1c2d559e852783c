/**
 * Runs a {@link Pipeline} in a `gst-launch-1.0` child and feeds its packets to an `RtpSource`.
 */
import type {
  ChildSpawner,
  ExitReason,
  OwnedChild,
} from "../agent/base/child-process.ts";
import { StreamSpaceError } from "../agent/base/errors.ts";
import {
  rtcpDescriptor,
  secondRtpDescriptor,
  type Pipeline,
} from "./pipeline.ts";
import { frameRtp } from "./rtp-framing.ts";
import { pictureLossIndication } from "./rtp-packets.ts";
import { RtpChild, type RtpChildOptions } from "./runners/rtp-child.ts";

export type { RunningPipeline } from "./runners/running-pipeline.ts";

/** How to run a pipeline. */
export interface RunPipelineOptions extends RtpChildOptions {
  pipeline: Pipeline;
  spawner: ChildSpawner;
  /** Environment of the child; names the X authority file, and finds `gst-launch-1.0` on its PATH. */
  env: NodeJS.ProcessEnv;
  /** The first packet must arrive within this. */
  timeoutMs: number;
  /** Calls the start off; it means nothing once that has succeeded. */
  signal: AbortSignal;
  /** The child writes more than is read of it. Must not throw. */
  onFlood?: () => void;
}

/**
 * Starts the child and waits for its first RTP packet, of each stream where there are two.
 * @throws StreamSpaceError `missing-program`, `missing-element`, `display-unreachable`, `child-exited`, `timeout`,
 *   `aborted`, `spawn-failed`.
 */
export async function runPipeline(
  options: RunPipelineOptions,
): Promise<PipelineChild> {
  const { pipeline, spawner, onFlood } = options;
  const lastDescriptor =
    options.second === undefined ? rtcpDescriptor : secondRtpDescriptor;
  const child = await spawner.spawn({
    name: pipeline.name,
    file: "gst-launch-1.0",
    args: ["-q", ...pipeline.args],
    env: options.env,
    extraPipes: lastDescriptor - 2,
    // It holds nothing that needs putting away, and a hung driver does not listen anyway.
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
    ...(onFlood === undefined ? {} : { onFlood }),
  });
  const running = new PipelineChild(child, options);
  await running.untilFirstPacket(options);
  return running;
}

/** A `gst-launch-1.0` child. */
export class PipelineChild extends RtpChild {
  readonly #pipeline: Pipeline;

  constructor(child: OwnedChild, options: RunPipelineOptions) {
    super(child, options);
    this.#pipeline = options.pipeline;
  }

  requestKeyFrame(): void {
    const pipe = this.child.pipe(rtcpDescriptor);
    // A pipeline that does not read its requests is stuck, and the watchdog will see to it.
    if (pipe.writableLength > 1_024 || !pipe.writable) return;
    pipe.write(frameRtp(pictureLossIndication(this.ssrc)));
  }

  /** The display as the launch line has it; GStreamer's errors do not name it. */
  get #displayName(): string {
    const isName = (word: string): boolean => word.startsWith("display-name=");
    return this.#pipeline.args.find(isName) ?? "display-name is the default";
  }

  protected override startFailure(reason: ExitReason): StreamSpaceError {
    const missing = this.lastLines()
      .map((line) => /no element "([^"]+)"/.exec(line)?.[1])
      .find((element) => element !== undefined);
    if (missing === undefined) {
      const ended = this.endedEarly(reason);
      // Not the encoder's fault, and no other encoder would do better.
      return ended.message.includes("ximagesrc")
        ? new StreamSpaceError(
            "display-unreachable",
            `${ended.message}; its ${this.#displayName}`,
          )
        : ended;
    }
    return new StreamSpaceError(
      "missing-element",
      `GStreamer has no element ${missing}, which ${this.#pipeline.name} needs`,
      {
        mend: `Install the plugin that carries ${missing}; "streamspace-agent doctor" names the package.`,
      },
    );
  }
}
