/**
 * A stream of the session as viewers see it: an RTP source, and the on-demand service behind it.
 */
import type { Clock } from "../base/clock.ts";
import type { ChildSpawner } from "../base/child-process.ts";
import { runPipeline } from "../../encoders/pipeline-child.ts";
import type { Pipeline } from "../../encoders/pipeline.ts";
import type { KeyFrameDetector } from "../../encoders/rtp-packets.ts";
import { RtpSource } from "../../encoders/rtp-source.ts";
import type { MediaSink, MediaSource } from "../../signaling/media.ts";
import type { Service, ServiceSpec } from "../supervisor/service.ts";

/** A pipeline goes on for this long after its last viewer left: most who leave reload the page. */
const lingerMs = 10_000;
const startTimeoutMs = 5_000;
/** The sources send 25 and more packets a second, so a second and a half of silence is no accident. */
const stallMs = 1_500;

export interface MediaStreamOptions {
  /** Name of the service, e.g. `video-h264`. */
  name: string;
  encoder: string;
  clockRate: number;
  requires: string;
  startsKeyFrame: KeyFrameDetector;
  /** The pipeline for the display or sound server as it is at the start. */
  pipeline: () => Pipeline;
  env: () => NodeJS.ProcessEnv;
  /** Called when a start fails: what it depends on may only seem to run. Must not throw. */
  onStartFailed?: () => void;
  spawner: ChildSpawner;
  clock: Clock;
}

/** See the module's description. */
export class MediaStream implements MediaSource {
  readonly name: string;
  readonly encoder: string;
  readonly clockRate: number;
  readonly spec: ServiceSpec;
  readonly #source: RtpSource;
  #service: Service | undefined;
  #viewers = 0;

  constructor(options: MediaStreamOptions) {
    this.name = options.name;
    this.encoder = options.encoder;
    this.clockRate = options.clockRate;
    const source = new RtpSource(options);
    this.#source = source;
    this.spec = {
      name: options.name,
      requires: [options.requires],
      required: false, // Health asks for one usable codec, not for this one.
      onDemand: { lingerMs },
      startTimeoutMs,
      start: async ({ signal }) => {
        try {
          return await runPipeline({
            pipeline: options.pipeline(),
            source,
            spawner: options.spawner,
            clock: options.clock,
            env: options.env(),
            timeoutMs: startTimeoutMs,
            stallMs,
            signal,
          });
        } catch (error) {
          options.onStartFailed?.();
          throw error;
        }
      },
    };
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
