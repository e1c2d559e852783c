/**
 * A stream of the session as viewers see it: an RTP source, and the on-demand service behind it.
 */
import type { Clock } from "../base/clock.ts";
import type { KeyFrameDetector } from "../../encoders/key-frames.ts";
import type { RtpCounts, RtpSource } from "../../encoders/rtp-source.ts";
import type {
  RunningPipeline,
  RunningVideo,
  ScreenSize,
} from "../../encoders/runners/running-pipeline.ts";
import type { MediaSink, MediaSource } from "../../signaling/media.ts";
import type { Service, ServiceSpec } from "../supervisor/service.ts";
import { StreamOutlet } from "./stream-outlet.ts";

/** A pipeline goes on for this long after its last viewer left: most who leave reload the page. */
const lingerMs = 10_000;
/** A child that has sent nothing for so long does not start. */
const childTimeoutMs = 5_000;
/** A start may try several encoders, each with a deadline of its own. */
const startTimeoutMs = 15_000;
/**
 * A polled source sends 25 and more packets a second, and a host says twice a second that it lives: so long a
 * silence is no accident, and leaves time for a new picture within two seconds of the last.
 */
const stallMs = 1_200;

/** What a stream was told about its rates since it was made; what it was not told is left to the settings. */
export interface StreamRate {
  /** Target in bit/s. */
  targetBps?: number;
  /** Frames per second at most. */
  frameRate?: number;
}

/** What a start of a stream is given: the source to feed, and how long it may take. */
export interface StreamStart {
  source: RtpSource;
  clock: Clock;
  signal: AbortSignal;
  /** The first packet must arrive within this. */
  timeoutMs: number;
  /** A pipeline that stands still for this long is replaced. */
  stallMs: number;
  /** To start with. */
  rate?: StreamRate;
}

export interface MediaStreamOptions {
  /** Name of the service, e.g. `video-h264`. */
  name: string;
  /** The GStreamer element that encodes, as far as it is known. */
  encoder: () => string;
  clockRate: number;
  requires: string;
  startsKeyFrame: KeyFrameDetector;
  /** Runs the pipeline, for the display or sound server as it is at the start. */
  run: (start: StreamStart) => Promise<RunningPipeline | RunningVideo>;
  clock: Clock;
}

/** See the module's description. */
export class MediaStream implements MediaSource {
  readonly name: string;
  readonly clockRate: number;
  readonly spec: ServiceSpec;
  readonly #options: MediaStreamOptions;
  readonly #main: StreamOutlet;
  #service: Service | undefined;
  #rate: StreamRate = {};
  #running: RunningVideo | undefined;

  constructor(options: MediaStreamOptions) {
    this.name = options.name;
    this.clockRate = options.clockRate;
    this.#options = options;
    this.#main = this.branch();
    this.spec = {
      name: options.name,
      requires: [options.requires],
      required: false, // Health asks for one usable codec, not for this one.
      onDemand: { lingerMs },
      startTimeoutMs,
      start: ({ signal }) => this.#start(options, signal),
    };
  }

  /** The GStreamer element that encodes it, or would. */
  get encoder(): string {
    return this.#options.encoder();
  }

  /** Viewers that receive it now, those of its branches aside. */
  get viewers(): number {
    return this.#main.viewers;
  }

  /** RTP that it has sent since the start of the agent, viewers or not. */
  get counts(): Readonly<RtpCounts> {
    return this.#main.counts;
  }

  /** Ties the stream to its service once the supervisor has made it. */
  bind(service: Service): void {
    this.#service = service;
  }

  subscribe(sink: MediaSink): () => void {
    return this.#main.subscribe(sink);
  }

  /** Another form of the stream, which `run` has to feed beside the main one. */
  branch(): StreamOutlet {
    return new StreamOutlet({
      ...this.#options,
      acquire: () => this.#service?.acquire(),
    });
  }

  requestKeyFrame(): void {
    this.#main.requestKeyFrame();
  }

  /**
   * Sets the target of the rate control, 10,000–1,000,000,000 bit/s, of what runs and of all that will. How soon it
   * holds is the runner's, see {@link RunningVideo}; audio has no use for it.
   */
  setTargetBps(targetBps: number): void {
    this.#rate = { ...this.#rate, targetBps };
    this.#running?.setTargetBps(targetBps);
  }

  /** Sets the frames per second at most, 1–144, as {@link setTargetBps} does. */
  setFps(frameRate: number): void {
    this.#rate = { ...this.#rate, frameRate };
    this.#running?.setFps(frameRate);
  }

  /** The display has another size now; a restart sees that by itself. */
  resize(screen: ScreenSize): void {
    this.#running?.resize(screen);
  }

  async #start(
    { run, clock }: MediaStreamOptions,
    signal: AbortSignal,
  ): Promise<RunningPipeline> {
    const rate = this.#rate;
    const running = await run({
      source: this.#main.source,
      clock,
      signal,
      timeoutMs: childTimeoutMs,
      stallMs,
      rate,
    });
    if ("setTargetBps" in running) this.#adopt(running, rate);
    return running;
  }

  /** @param rate what it was started with: it may be told another by now. */
  #adopt(running: RunningVideo, rate: StreamRate): void {
    this.#running = running;
    const { targetBps, frameRate } = this.#rate;
    if (targetBps !== undefined && targetBps !== rate.targetBps)
      running.setTargetBps(targetBps);
    if (frameRate !== undefined && frameRate !== rate.frameRate)
      running.setFps(frameRate);
    void running.exited.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }
}
