/**
 * Since when the session is as it is, and what was wrong the last time something was.
 */
import type { HealthSnapshot } from "../../signaling/protocol.ts";

type Status = HealthSnapshot["status"];

/** The part of a health snapshot that needs a memory. */
export type Remembered = Required<
  Pick<HealthSnapshot, "since" | "timesNotReady" | "lastNotReady">
>;

/** Told each snapshot that is made; says what came of it. */
export class ReadinessHistory {
  readonly #wallMs: () => number;
  #status: Status = "not-ready";
  #sinceMs: number;
  #timesNotReady = 0;
  #last: { sinceMs: number; untilMs: number | null; reasons: string[] } | null =
    null;

  /** @param wallMs Unix time. */
  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
    this.#sinceMs = wallMs();
  }

  /** Takes note of a snapshot, and adds what is remembered. */
  note(snapshot: Pick<HealthSnapshot, "status" | "reasons">): Remembered {
    const { status, reasons } = snapshot;
    if (status !== this.#status) this.#changeTo(status);
    if (status === "not-ready") this.#notReady(reasons);
    return {
      since: iso(this.#sinceMs),
      timesNotReady: this.#timesNotReady,
      lastNotReady:
        this.#last === null
          ? null
          : {
              since: iso(this.#last.sinceMs),
              until:
                this.#last.untilMs === null ? null : iso(this.#last.untilMs),
              reasons: this.#last.reasons,
            },
    };
  }

  #changeTo(status: Status): void {
    const nowMs = this.#wallMs();
    if (this.#last?.untilMs === null) this.#last.untilMs = nowMs;
    // The start is not an incident.
    if (status === "not-ready") this.#timesNotReady += 1;
    this.#status = status;
    this.#sinceMs = nowMs;
  }

  #notReady(reasons: string[]): void {
    if (this.#last?.untilMs === null) this.#last.reasons = reasons;
    else this.#last = { sinceMs: this.#sinceMs, untilMs: null, reasons };
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
