/**
 * What the session says of itself when somebody asks: the whole report, and whether it is ready.
 */
import { systemClock } from "../base/clock.ts";
import type { Config } from "../config/settings.ts";
import { agentVersion } from "../config/version.ts";
import {
  healthReport,
  readinessOf,
  type Readiness,
  type ReadinessFacts,
} from "../health/health-report.ts";
import { ReadinessHistory } from "../health/readiness-history.ts";
import type { ShortageWatch } from "../health/shortage-watch.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { EncoderCatalogue } from "../../encoders/proof/catalogue.ts";
import type { HealthSnapshot } from "../../signaling/protocol.ts";
import { filesHealth } from "./files-feature.ts";
import type { SessionServices } from "./session-services.ts";
import type { SessionWatch } from "./session-watch.ts";

/** Where the report gets its facts, each asked anew for each report. */
export interface SessionReportOptions {
  config: Config;
  /** When the agent started, in Unix time. */
  startedAtMs: number;
  services: SessionServices;
  supervisor: Supervisor;
  catalogue: EncoderCatalogue;
  shortages: ShortageWatch;
  watch: SessionWatch;
  /** Viewers that are here. */
  viewers: () => number;
  /** VNC clients that are here. */
  vncClients: () => number;
  /** Whether the session is being ended. */
  isEnding: () => boolean;
}

/** See the module's description. */
export class SessionReport {
  readonly #options: SessionReportOptions;
  readonly #history = new ReadinessHistory(() => systemClock.wallMs());

  constructor(options: SessionReportOptions) {
    this.#options = options;
  }

  /** The whole report. */
  health(): HealthSnapshot {
    const { config, services, catalogue, watch } = this.#options;
    const report = healthReport({
      ...this.#readinessFacts(),
      version: agentVersion(),
      startedAtMs: this.#options.startedAtMs,
      encoders: catalogue.reports(),
      video: services.video.map(({ codec, stream }) => ({
        codec,
        encoder: stream.encoder,
        ...services.videoChoice(codec),
        service: stream.name,
        viewers: stream.viewers,
      })),
      viewers: this.#options.viewers(),
      files: filesHealth(config),
      vnc: config.vnc
        ? { clients: this.#options.vncClients(), servers: services.vnc.facts() }
        : undefined,
      ending: this.#options.isEnding(),
    });
    return {
      ...report,
      ...this.#history.note(report),
      ...watch.health(),
    };
  }

  /** Not kept: it is made as fast as it is sent, and so is never old. */
  readiness(): Readiness {
    const readiness = readinessOf({
      ...this.#readinessFacts(),
      video: this.#options.services.video.map(({ stream }) => ({
        service: stream.name,
      })),
    });
    this.#history.note(readiness);
    return readiness;
  }

  #readinessFacts(): Omit<ReadinessFacts, "video"> {
    const { services, supervisor, shortages, isEnding } = this.#options;
    const display = services.display();
    return {
      display:
        display === undefined
          ? undefined
          : {
              ...display.connection.screen,
              responsive: display.responsive,
              server: display.server,
            },
      services: supervisor.snapshot(),
      encoderTroubles: services.encoderTroubles(),
      shortages: shortages.shortages,
      ending: isEnding(),
    };
  }
}
