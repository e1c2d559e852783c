/**
 * What happens in encoders: counted for `/metrics`, and in the log where a person should know of it.
 *
 * An element that complains at each frame gets a line a second, with the number of complaints that have none.
 */
import type { ExitReason } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { HostEvent } from "../../encoders/host/control.ts";
import type { LaunchEvent } from "../../encoders/runners/launch-runner.ts";

/** What happens in the runners while they run. */
export type EncoderEvent = HostEvent | LaunchEvent | { type: "flood" };

type BusMessage = Extract<EncoderEvent, { type: "bus" }>;

/** How an encoder failed: how its child ended, or how it did not start. */
export type EncoderFailure =
  Exclude<ExitReason["kind"], "requested"> | "start" | "slow-start";

/** How often something happened to an encoder since the start of the agent. */
export interface EncoderCount {
  element: string;
  /** Of failures an {@link EncoderFailure}; of events `warning`, `error`, `qos`, `flood`, `swapped`, `swap-failed`. */
  kind: string;
  count: number;
}

/** Least time between two lines of what GStreamer says of an element, in milliseconds. */
export const lineEveryMs = 1_000;

/** See the module's description. */
export class EncoderEvents {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #onEvent:
    ((element: string, event: EncoderEvent) => void) | undefined;
  readonly #failures = new Tally();
  readonly #events = new Tally();
  /** By element: when the next line may be written, and how many there were none of. */
  readonly #lines = new Map<string, { nextMs: number; leftOut: number }>();

  constructor(options: {
    log: Logger;
    clock: Clock;
    /** Hears of everything too. Must not throw. */
    onEvent?: ((element: string, event: EncoderEvent) => void) | undefined;
  }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#onEvent = options.onEvent;
  }

  failures(): readonly EncoderCount[] {
    return this.#failures.counts();
  }

  events(): readonly EncoderCount[] {
    return this.#events.counts();
  }

  /** `element` failed, and not because its display did. */
  onFailed(element: string, kind: EncoderFailure): void {
    this.#failures.add(element, kind);
  }

  /** Listeners for the runner of `element`. */
  listener(element: string): {
    onEvent: (event: EncoderEvent) => void;
    onFlood: () => void;
  } {
    const onEvent = (event: EncoderEvent): void => {
      this.#count(element, event);
      this.#write(element, event);
      this.#onEvent?.(element, event);
    };
    return {
      onEvent,
      onFlood: () => {
        onEvent({ type: "flood" });
      },
    };
  }

  #count(element: string, event: EncoderEvent): void {
    switch (event.type) {
      case "bus":
        this.#events.add(element, event.severity);
        break;
      case "qos":
      case "flood":
      case "swapped":
      case "swap-failed":
        this.#events.add(element, event.type);
        break;
      case "started":
      case "resized":
      case "beat":
      case "failed": // It is told by the exit that follows, too.
        break;
    }
  }

  #write(element: string, event: EncoderEvent): void {
    if (event.type === "bus") this.#writeBus(element, event);
    else if (event.type === "swap-failed")
      this.#log.warn(
        { element, event },
        "a change of the video failed; it goes on as before",
      );
    else if (event.type === "flood")
      this.#log.warn({ element }, "an encoder writes without end");
  }

  #writeBus(element: string, message: BusMessage): void {
    const nowMs = this.#clock.nowMs();
    const line = this.#lines.get(element) ?? { nextMs: -Infinity, leftOut: 0 };
    this.#lines.set(element, line);
    if (nowMs < line.nextMs) {
      line.leftOut += 1;
      return;
    }
    const { leftOut } = line;
    line.nextMs = nowMs + lineEveryMs;
    line.leftOut = 0;
    // The log hides whatever is called `text`, since people type texts.
    const { text: said, ...event } = message;
    this.#log.warn(
      {
        ...{ element, event: { ...event, said } },
        ...(leftOut === 0 ? {} : { leftOut }),
      },
      "GStreamer says",
    );
  }
}

/** Counts by element and kind. */
class Tally {
  readonly #counts = new Map<string, EncoderCount>();

  add(element: string, kind: string): void {
    const key = `${element} ${kind}`;
    const count = this.#counts.get(key) ?? { element, kind, count: 0 };
    count.count += 1;
    this.#counts.set(key, count);
  }

  counts(): readonly EncoderCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count }));
  }
}
