/**
 * A stream of the session as viewers see it: an RTP source, and the on-demand service behind it.
 */
import type { Clock } from "../base/clock.ts";
import type { RunningPipeline } from "../../encoders/pipeline-child.ts";
import type { KeyFrameDetector } from "../../encoders/key-frames.ts";
import { RtpSource } from "../../encoders/rtp-source.ts";
import type { MediaSink, MediaSource } from "../../signaling/media.ts";
import type { Service, ServiceSpec } from "../supervisor/service.ts";

/** A pipeline goes on for this long after its last viewer left: most who leave reload the page. */
const lingerMs = 10_000;
const startTimeoutMs = 5_000;
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
  run: (start: StreamStart) => Promise<RunningPipeline>;
  clock: Clock;
}

/** See the module's description. */
export class MediaStream implements MediaSource {
  readonly name: string;
  readonly clockRate: number;
  readonly spec: ServiceSpec;
  readonly #source: RtpSource;
  readonly #encoder: () => string;
  #service: Service | undefined;
  #viewers = 0;

  constructor(options: MediaStreamOptions) {
    this.name = options.name;
    this.#encoder = options.encoder;
    this.clockRate = options.clockRate;
    const source = new RtpSource(options);
    this.#source = source;
    this.spec = {
      name: options.name,
      requires: [options.requires],
      required: false, // Health asks for one usable codec, not for this one.
      onDemand: { lingerMs },
      startTimeoutMs,
      start: ({ signal }) =>
        options.run({
          source,
          clock: options.clock,
          signal,
          timeoutMs: startTimeoutMs,
          stallMs,
        }),
    };
  }

  /** The GStreamer element that encodes it, or would. */
  get encoder(): string {
    return this.#encoder();
  }

  /** Viewers that receive it now. */
  get viewers(): number {
    return this.#viewers;
  }

  /** Ties the stream to its service once the supervisor has made it. */
  bind(service: Service): void {
    this.#service = service;
  }

  subscribe(sink: MediaSink): () => void {
    const release = this.#service?.acquire();
    const unsubscribe = this.#source.subscribe(sink);
    this.#viewers += 1;
    let subscribed = true;
    return () => {
      if (!subscribed) return;
      subscribed = false;
      this.#viewers -= 1;
      unsubscribe();
      release?.();
    };
  }

  requestKeyFrame(): void {
    this.#source.requestKeyFrame();
  }
}
