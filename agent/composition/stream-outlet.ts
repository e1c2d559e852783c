/**
 * One form of what a pipeline sends, as viewers see it. They keep the pipeline running, whichever form they receive.
 */
import type { Clock } from "../base/clock.ts";
import type { KeyFrameDetector } from "../../encoders/key-frames.ts";
import { RtpSource, type RtpCounts } from "../../encoders/rtp-source.ts";
import type { MediaSink, MediaSource } from "../../signaling/media.ts";

/** What an outlet is made from. */
export interface StreamOutletOptions {
  clock: Clock;
  clockRate: number;
  startsKeyFrame: KeyFrameDetector;
  /** Keeps the pipeline running until the returned function is called; `undefined` while there is nothing to run. */
  acquire: () => (() => void) | undefined;
}

/** See the module's description. */
export class StreamOutlet implements MediaSource {
  readonly clockRate: number;
  /** What the pipeline feeds. */
  readonly source: RtpSource;
  readonly #acquire: StreamOutletOptions["acquire"];
  #viewers = 0;

  constructor(options: StreamOutletOptions) {
    this.clockRate = options.clockRate;
    this.source = new RtpSource(options);
    this.#acquire = options.acquire;
  }

  /** Viewers that receive this form now. */
  get viewers(): number {
    return this.#viewers;
  }

  /** RTP that it has sent since the start of the agent, viewers or not. */
  get counts(): Readonly<RtpCounts> {
    return this.source.counts;
  }

  subscribe(sink: MediaSink): () => void {
    const release = this.#acquire();
    const unsubscribe = this.source.subscribe(sink);
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
    this.source.requestKeyFrame();
  }
}
