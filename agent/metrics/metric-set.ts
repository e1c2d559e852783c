/**
 * Metrics that are read when somebody asks, and cost nothing until then.
 */
import { Counter, Gauge, Registry } from "prom-client";

/** Labels of one sample. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a metric. */
export interface Sample {
  labels?: Labels;
  value: number;
}

/** What a metric is called, and where its values come from. */
export interface MetricDescription {
  /** As Prometheus wants it: base units, and `_total` for a counter. */
  name: string;
  help: string;
  /** Names of the labels; none where absent. */
  labels?: readonly string[];
  /** All values as they are now. Must not throw. */
  read: () => Iterable<Sample>;
}

/** Metrics in a registry of their own, so that two agents in one process do not share theirs. */
export class MetricSet {
  readonly #registry = new Registry();
  readonly #onRead: () => void;

  /** @param onRead called before the metrics are read, once for all of them. Must not throw. */
  constructor(onRead: () => void = () => undefined) {
    this.#onRead = onRead;
  }

  /** Media type of {@link exposition}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A value that goes up and down. */
  gauge(description: MetricDescription): void {
    const { name, help, labels = [], read } = description;
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [this.#registry],
      collect() {
        this.reset();
        if (labels.length === 0) this.remove(); // A reset leaves a 0, where there may be nothing to say.
        for (const { labels: of = {}, value } of read()) this.set(of, value);
      },
    });
  }

  /** A value that only grows while its source lives; `read` gives the whole of it. */
  counter(description: MetricDescription): void {
    const { name, help, labels = [], read } = description;
    new Counter({
      name,
      help,
      labelNames: labels,
      registers: [this.#registry],
      collect() {
        this.reset();
        if (labels.length === 0) this.remove(); // A reset leaves a 0, where there may be nothing to say.
        for (const { labels: of = {}, value } of read()) this.inc(of, value);
      },
    });
  }

  /** Everything in the text format of Prometheus, version 0.0.4. */
  async exposition(): Promise<string> {
    this.#onRead();
    return await this.#registry.metrics();
  }
}
