/**
 * The sound of the session: one pipeline, stereo for every viewer, and 5.1 beside it where the settings ask for that.
 */
import type { ChildSpawner } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { Config } from "../config/settings.ts";
import { surroundStreams } from "../../encoders/audio/channels.ts";
import { MultistreamDtx } from "../../encoders/audio/multistream-dtx.ts";
import { runAudio } from "../../encoders/audio/run-audio.ts";
import { audioPipeline, opusClockRate } from "../../encoders/audio-pipeline.ts";
import { startsAnywhere } from "../../encoders/key-frames.ts";
import type { RunningPipeline } from "../../encoders/runners/running-pipeline.ts";
import type { RtpDestination } from "../../encoders/runners/rtp-child.ts";
import type { AudioOffer } from "../../signaling/media.ts";
import type { StreamFacts } from "../metrics/agent-metrics.ts";
import type { SessionPaths } from "../session/session-directory.ts";
import type { RunningSound } from "../session/sound-server.ts";
import { soundFifo } from "../session/sound-sinks.ts";
import { MediaStream, type StreamStart } from "./media-stream.ts";
import type { StreamOutlet } from "./stream-outlet.ts";

/** What the sound is made from. */
export interface SessionAudioOptions {
  /** Name of the service. */
  name: string;
  /** Name of the service of the sound server. */
  requires: string;
  config: Config;
  paths: SessionPaths;
  spawner: ChildSpawner;
  clock: Clock;
  /** The sound server that runs now. */
  sound: () => RunningSound | undefined;
}

/** See the module's description. */
export class SessionAudio {
  /** The service, with the stereo stream. */
  readonly stream: MediaStream;
  /** The stream with all channels; `undefined` where stereo is all. */
  readonly surround: StreamOutlet | undefined;
  readonly #options: SessionAudioOptions;

  constructor(options: SessionAudioOptions) {
    this.#options = options;
    const { name, requires, config, paths, clock } = options;
    const pipeline = audioPipeline({
      fifo: soundFifo(paths),
      channels: config.audioChannels,
      bitrateBps: config.audioBitrateBps,
    });
    this.stream = new MediaStream({
      name,
      encoder: () => pipeline.encoder,
      clockRate: opusClockRate,
      requires,
      startsKeyFrame: startsAnywhere,
      run: (start) => this.#run(start, pipeline),
      clock,
    });
    this.surround =
      config.audioChannels === 2 ? undefined : this.stream.branch();
  }

  /** What viewers are offered. */
  get offer(): AudioOffer {
    const { stream: source, surround } = this;
    return surround === undefined
      ? { source }
      : { source, surround: { source: surround, ...surroundStreams } };
  }

  /** For metrics. */
  facts(): StreamFacts[] {
    const { name, encoder, viewers, counts } = this.stream;
    const shared = { kind: "audio", encoder, stages: undefined } as const;
    const stereo: StreamFacts = { name, viewers, counts, ...shared };
    if (this.surround === undefined) return [stereo];
    return [
      stereo,
      {
        name: `${name}-surround`,
        service: name,
        viewers: this.surround.viewers,
        counts: this.surround.counts,
        ...shared,
      },
    ];
  }

  async #run(
    start: StreamStart,
    pipeline: ReturnType<typeof audioPipeline>,
  ): Promise<RunningPipeline> {
    const sound = this.#options.sound();
    if (sound === undefined) {
      throw new StreamSpaceError(
        "sound-unreachable",
        "the sound server ended just now",
      );
    }
    const second = this.#secondDestination();
    return await runAudio({
      ...start,
      ...(second === undefined ? {} : { second }),
      pipeline,
      env: process.env,
      spawner: this.#options.spawner,
      sound,
    });
  }

  #secondDestination(): RtpDestination | undefined {
    if (this.surround === undefined) return undefined;
    const dtx = new MultistreamDtx(surroundStreams.streams);
    return {
      source: this.surround.source,
      admit: (packet) => dtx.admit(packet),
    };
  }
}
