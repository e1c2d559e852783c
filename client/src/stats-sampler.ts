/**
 * Takes the statistics of the connection once a second.
 */
import { StuckDecoder } from "./stuck-decoder.ts";
import {
  summarize,
  type StatsCounters,
  type StatsEntry,
  type StatsSnapshot,
} from "./stats.ts";

const sampleIntervalMs = 1_000;

/** Takes a sample a second of the connection that there is. */
export class StatsSampler {
  readonly #connection: () => RTCPeerConnection | undefined;
  readonly #onSnapshot: (snapshot: StatsSnapshot) => void;
  readonly #onStuck: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #decoder = new StuckDecoder();
  #counters: StatsCounters | undefined;
  #snapshot: StatsSnapshot | undefined;
  #sampled: RTCPeerConnection | undefined;
  #busy = false;

  constructor(options: {
    connection: () => RTCPeerConnection | undefined;
    onSnapshot: (snapshot: StatsSnapshot) => void;
    /** Frames arrive, and for seconds none has been decoded. */
    onStuck: () => void;
  }) {
    this.#connection = options.connection;
    this.#onSnapshot = options.onSnapshot;
    this.#onStuck = options.onStuck;
    this.#timer = setInterval(() => {
      this.#sample();
    }, sampleIntervalMs);
  }

  /** The last sample; `undefined` without a connection. */
  get snapshot(): StatsSnapshot | undefined {
    return this.#snapshot;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const connection = this.#connection();
    if (connection !== this.#sampled) {
      this.#sampled = connection;
      this.#counters = undefined;
      this.#snapshot = undefined;
      this.#decoder = new StuckDecoder();
    }
    if (connection === undefined || this.#busy) return;
    this.#busy = true;
    connection
      .getStats()
      .then(
        (report) => {
          if (connection !== this.#sampled) return;
          const entries: StatsEntry[] = [];
          report.forEach((entry: StatsEntry) => entries.push(entry));
          const { snapshot, counters } = summarize(entries, this.#counters);
          this.#counters = counters;
          this.#snapshot = snapshot;
          this.#onSnapshot(snapshot);
          if (document.hidden) this.#decoder.excuse();
          else if (this.#decoder.judge(counters)) this.#onStuck();
        },
        () => undefined, // The connection was closed meanwhile.
      )
      .finally(() => {
        this.#busy = false;
      });
  }
}
