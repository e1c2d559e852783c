/**
 * An audio pipeline whose encoder is set up anew while viewers listen: `gst-launch-1.0` cannot change it, and the FIFO has
 * one reader, so the old child is ended before the new one starts. That costs a tenth of a second of sound.
 */
import type { ExitReason } from "../../agent/base/child-process.ts";
import { messageOf } from "../../agent/base/errors.ts";
import { once } from "../../agent/base/shutdown.ts";
import type { RunningPipeline } from "../runners/running-pipeline.ts";

/** How to start a child for packets of which so many in a hundred are lost. */
export type StartAudio = (
  fecLossPercent: number,
  signal: AbortSignal,
) => Promise<RunningPipeline>;

/** See the module's description. */
export class ReplaceableAudio implements RunningPipeline {
  readonly exited: Promise<ExitReason>;
  readonly close = once(() => this.#close());
  readonly #start: StartAudio;
  readonly #closing = new AbortController();
  readonly #ended = Promise.withResolvers<ExitReason>();
  #current: RunningPipeline;
  #running: number;
  #wanted: number;
  #replacing: Promise<void> | undefined;

  private constructor(
    start: StartAudio,
    current: RunningPipeline,
    fecLossPercent: number,
  ) {
    this.exited = this.#ended.promise;
    this.#start = start;
    this.#current = current;
    this.#running = fecLossPercent;
    this.#wanted = fecLossPercent;
    this.#follow(current);
  }

  /**
   * Starts the first child.
   * @throws StreamSpaceError as `start` does.
   */
  static async start(
    start: StartAudio,
    fecLossPercent: number,
    signal: AbortSignal,
  ): Promise<ReplaceableAudio> {
    const first = await start(fecLossPercent, signal);
    return new ReplaceableAudio(start, first, fecLossPercent);
  }

  /** Loss in a hundred packets that the encoder reckons with from now on, 0–100; 0 is without FEC and its delay. */
  setFecLossPercent(percent: number): void {
    this.#wanted = percent;
    this.#replacing ??= this.#replace().finally(() => {
      this.#replacing = undefined;
    });
  }

  lastLines(): string[] {
    return this.#current.lastLines();
  }

  /** Never rejects; where a new child does not start, the end of the whole says so. */
  async #replace(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#running !== this.#wanted && !this.#isClosing()) {
      const wanted = this.#wanted;
      const old = this.#current;
      try {
        await old.close();
        const next = await this.#start(wanted, signal);
        if (this.#isClosing()) {
          await next.close();
          return;
        }
        this.#current = next;
        this.#running = wanted;
        this.#follow(next);
      } catch (error) {
        this.#ended.resolve({ kind: "stalled", what: messageOf(error) });
        return;
      }
    }
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  #follow(child: RunningPipeline): void {
    void child.exited.then((reason) => {
      // One that was ended for its successor has not ended the whole.
      if (this.#replacing !== undefined && reason.kind === "requested") return;
      if (child !== this.#current) return;
      this.#closing.abort();
      this.#ended.resolve(reason);
    });
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#replacing;
    await this.#current.close();
    this.#ended.resolve({ kind: "requested" });
  }
}
