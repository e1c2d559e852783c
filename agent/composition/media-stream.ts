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
import type {
  MediaSink,
  MediaSource,
  MediaSubscription,
  RateWish,
} from "../../signaling/media.ts";
import type { Service, ServiceSpec } from "../supervisor/service.ts";
import { StreamOutlet } from "./stream-outlet.ts";
import { StreamRates, type StreamRate } from "./stream-rates.ts";

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

/** What a start of a stream is given: the source to feed, and how long it may take. */
export interface StreamStart {
  source: RtpSource;
  clock: Clock;
  signal: AbortSignal;
  /** The first packet must arrive within this. */
  timeoutMs: number;
  /** A pipeline that stands still for this long is replaced. */
  stallMs: number;
  /** To start with; none of sound. */
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
  /** The most that viewers get, as it is set; none of sound. */
  rates?: StreamRate;
  /** A viewer wishes for something, or has left. Must not throw. */
  onWish?: (viewer: object, wish: RateWish | undefined) => void;
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
  readonly #rates: StreamRates | undefined;
  #running: RunningVideo | undefined;
  /** What the running video was told last. */
  #told: StreamRate | undefined;
  /** Size that the display took on since the last start began. */
  #newScreen: ScreenSize | undefined;

  constructor(options: MediaStreamOptions) {
    this.name = options.name;
    this.clockRate = options.clockRate;
    this.#options = options;
    this.#rates =
      options.rates === undefined ? undefined : new StreamRates(options.rates);
    this.#main = new StreamOutlet({
      ...options,
      acquire: () => this.#service?.acquire(),
      wish: (viewer, wish) => {
        this.#rates?.wish(viewer, wish);
        options.onWish?.(viewer, wish);
        this.#tellRates();
      },
      forget: (viewer) => {
        this.#rates?.forget(viewer);
        options.onWish?.(viewer, undefined);
        this.#tellRates();
      },
    });
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

  subscribe(sink: MediaSink): MediaSubscription {
    return this.#main.subscribe(sink);
  }

  /** Another form of the stream, which `run` has to feed beside the main one; it has no rates of its own. */
  branch(): StreamOutlet {
    return new StreamOutlet({
      ...this.#options,
      acquire: () => this.#service?.acquire(),
    });
  }

  requestKeyFrame(): void {
    this.#main.requestKeyFrame();
  }

  /** The display has another size now; a start that begins later sees that by itself. */
  resize(screen: ScreenSize): void {
    this.#newScreen = screen;
    this.#running?.resize(screen);
  }

  async #start(
    { run, clock }: MediaStreamOptions,
    signal: AbortSignal,
  ): Promise<RunningPipeline> {
    const rate = this.#rates?.rate;
    this.#newScreen = undefined;
    const running = await run({
      source: this.#main.source,
      clock,
      signal,
      timeoutMs: childTimeoutMs,
      stallMs,
      ...(rate === undefined ? {} : { rate }),
    });
    if ("setTargetBps" in running) this.#adopt(running, rate);
    return running;
  }

  /** @param rate what it was started with: another may hold by now. */
  #adopt(running: RunningVideo, rate: StreamRate | undefined): void {
    this.#running = running;
    this.#told = rate;
    this.#tellRates();
    if (this.#newScreen !== undefined) running.resize(this.#newScreen);
    void running.exited.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  /** Tells the running video what holds now; how soon it does is the runner's, see {@link RunningVideo}. */
  #tellRates(): void {
    const rate = this.#rates?.rate;
    const told = this.#told;
    if (this.#running === undefined || rate === undefined) return;
    this.#told = rate;
    if (rate.targetBps !== told?.targetBps)
      this.#running.setTargetBps(rate.targetBps);
    if (rate.frameRate !== told?.frameRate)
      this.#running.setFps(rate.frameRate);
  }
}
