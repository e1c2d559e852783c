/**
 * What is said when a session becomes ready, or is no longer: an event, a line of the log, and the facts that other
 * commands of the CLI read.
 */
import { systemClock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { SessionEvents } from "../events/session-events.ts";
import type { Readiness } from "../health/health-report.ts";
import {
  writeSessionFacts,
  type SessionFacts,
  type SessionPaths,
} from "../session/session-directory.ts";
import { pulseServerAddress } from "../session/sound-server.ts";
import { soundFifo } from "../session/sound-sinks.ts";

/** What {@link ReadinessNotes} tells, and from what it knows it. */
export interface ReadinessNotesOptions {
  paths: SessionPaths;
  events: SessionEvents;
  log: Logger;
  /** When the agent started, in Unix time. */
  startedAtMs: number;
  /** Called each time that the session becomes ready. */
  onReady: () => void;
  /** Where the session is to be found now; `undefined` while it has no display. */
  place: () =>
    Pick<SessionFacts, "host" | "port" | "display" | "xauthority"> | undefined;
}

/** See the module's description. Says nothing of a readiness that is as it was. */
export class ReadinessNotes {
  readonly #options: ReadinessNotesOptions;
  #wasReady = false;
  #changedMs = systemClock.nowMs();

  constructor(options: ReadinessNotesOptions) {
    this.#options = options;
  }

  /** Whether the session was ready when it was last noted. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** To be called with the readiness after each change of a service. */
  note({ status, reasons }: Readiness): void {
    const ready = status !== "not-ready";
    if (ready === this.#wasReady) return;
    this.#wasReady = ready;
    this.#tell(ready, reasons);
    const { log, onReady, startedAtMs } = this.#options;
    if (!ready) {
      log.warn({ reasons }, "not ready for viewers");
      return;
    }
    onReady();
    log.info(
      { afterMs: Math.round(systemClock.wallMs() - startedAtMs) },
      "ready for viewers",
    );
    this.#writeFacts();
  }

  #tell(ready: boolean, reasons: readonly string[]): void {
    const nowMs = systemClock.nowMs();
    const afterMs = Math.round(nowMs - this.#changedMs);
    this.#changedMs = nowMs;
    this.#options.events.tell(
      ready
        ? { type: "session.ready", afterMs }
        : { type: "session.not-ready", reasons },
    );
  }

  #writeFacts(): void {
    const { paths } = this.#options;
    const place = this.#options.place();
    if (place === undefined) return;
    writeSessionFacts(paths, {
      ...place,
      pulseServer: pulseServerAddress(paths),
      soundFifo: soundFifo(paths),
    });
  }
}
