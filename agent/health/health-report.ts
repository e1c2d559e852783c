/**
 * What the agent says of its health, as a pure function of what the supervisor and the display know.
 */
import type {
  ComponentHealth,
  HealthSnapshot,
  VideoCodec,
} from "../../signaling/protocol.ts";
import type { XServerName } from "../../signaling/protocol/health.ts";
import type { VncBackendName } from "../../signaling/protocol/vnc.ts";
import type { EncoderTrouble } from "../../encoders/runners/encoder-ladder.ts";
import type { CandidateReport } from "../../encoders/proof/catalogue.ts";
import {
  encoderChoiceInWords,
  encoderHealth,
  hasNoEncoder,
} from "./encoder-health.ts";
import type { ServiceSnapshot } from "../supervisor/service.ts";

/** What the readiness is made from. */
export interface ReadinessFacts extends Pick<
  HealthFacts,
  "display" | "services" | "encoderTroubles" | "shortages" | "ending"
> {
  video: readonly Pick<HealthFacts["video"][number], "service">[];
}

/** What the report is made from. */
export interface HealthFacts {
  version: string;
  startedAtMs: number;
  /** Size of the display, and whether it answered its latest ping; `undefined` while there is none. */
  display:
    | {
        width: number;
        height: number;
        responsive: boolean;
        /** Which X server an own one is. */
        server: XServerName | undefined;
      }
    | undefined;
  services: readonly ServiceSnapshot[];
  video: readonly {
    codec: VideoCodec;
    encoder: string;
    /** How the frames come about, in words. */
    capture: string;
    /** Of one that runs: why it is not the best that was proven; `undefined` where it is. */
    whyBelowBest?: string | undefined;
    /** Name of its service. */
    service: string;
    viewers: number;
  }[];
  /** Every encoder that is known, and what is known of it. */
  encoders: readonly CandidateReport[];
  /** Encoders that have failed in this session. */
  encoderTroubles: readonly EncoderTrouble[];
  viewers: number;
  /** What viewers may do with files by the settings. */
  files?: HealthSnapshot["files"];
  /** VNC clients, and the server of each service that runs; `undefined` where VNC is off. */
  vnc?:
    | {
        clients: number;
        servers: readonly {
          service: string;
          backend: VncBackendName | undefined;
        }[];
      }
    | undefined;
  /** What the machine does not give. */
  shortages: Shortages;
  /** The session is about to end. */
  ending: boolean;
}

/** Sentences about what the machine does not give. */
export interface Shortages {
  /** Without which nobody who comes now sees the desktop. */
  readonly blocking: readonly string[];
  readonly lacking: readonly string[];
}

/** The part of the report that probes ask for again and again; the rest of it costs ten times as much. */
export type Readiness = Pick<HealthSnapshot, "status" | "reasons">;

/** `ready` and `degraded` both mean that a viewer who connects now sees the desktop. */
export function readinessOf(facts: ReadinessFacts): Readiness {
  const blocking = blockingReasons(facts);
  const degrading = degradingReasons(facts);
  return {
    status:
      blocking.length > 0
        ? "not-ready"
        : degrading.length > 0
          ? "degraded"
          : "ready",
    reasons: [...blocking, ...degrading],
  };
}

/** The whole report. */
export function healthReport(facts: HealthFacts): HealthSnapshot {
  return {
    ...readinessOf(facts),
    version: facts.version,
    startedAt: new Date(facts.startedAtMs).toISOString(),
    display: displayHealth(facts.display),
    video: facts.video.map((stream) => ({
      codec: stream.codec,
      encoder: stream.encoder,
      why: whyInWords(stream, facts),
      viewers: stream.viewers,
    })),
    encoders: facts.encoders.map((report) =>
      encoderHealth(report, facts.encoderTroubles),
    ),
    viewers: facts.viewers,
    ...(facts.files === undefined ? {} : { files: facts.files }),
    ...(facts.vnc === undefined ? {} : { vnc: vncHealth(facts) }),
    components: facts.services.map(componentHealth),
  };
}

function displayHealth(
  display: HealthFacts["display"],
): HealthSnapshot["display"] {
  if (display === undefined) return null;
  const { width, height, server } = display;
  return { width, height, ...(server === undefined ? {} : { server }) };
}

function vncHealth({
  vnc,
  services,
}: HealthFacts): NonNullable<HealthSnapshot["vnc"]> {
  const servers = (vnc?.servers ?? []).map(({ service, backend }) => ({
    service,
    state:
      services.find(({ name }) => name === service)?.state.name ?? "stopped",
    ...(backend === undefined ? {} : { backend }),
  }));
  return { clients: vnc?.clients ?? 0, servers };
}

/**
 * A stream that has worked and fails is back in well under a second, so it counts as usable: an orchestrator that took
 * the session out of service meanwhile would do more harm. After so many failures in a row it is not usable.
 */
export const toleratedFailures = 3;

/** Whether it fails again and again, and not because something else is missing. */
export function isFailing(service: ServiceSnapshot | undefined): boolean {
  switch (service?.state.name) {
    case "starting":
    case "backing-off":
      return service.state.failures > toleratedFailures;
    default:
      return false;
  }
}

/** Whether a viewer could use this stream now, or in a moment. */
export function isUsable(service: ServiceSnapshot | undefined): boolean {
  if (service?.proven !== true) return false;
  switch (service.state.name) {
    case "running":
    case "standby":
    case "stopping":
      return true;
    // A start because a viewer came, or after an accident.
    case "starting":
    case "backing-off":
      return service.state.failures <= toleratedFailures;
    case "waiting":
    case "stopped":
      return false;
  }
}

function blockingReasons(facts: ReadinessFacts): string[] {
  if (facts.ending) return ["the session is ending"];
  const reasons: string[] = [...facts.shortages.blocking];
  for (const service of facts.services) {
    if (!service.required || service.state.name === "running") continue;
    reasons.push(`${service.name} ${stateInWords(service)}`);
  }
  if (facts.display?.responsive === false) {
    reasons.push("the display does not answer");
  }
  if (!facts.video.some(({ service }) => isUsable(find(facts, service)))) {
    reasons.push("no video encoder has produced a picture");
  }
  return reasons;
}

function degradingReasons(facts: ReadinessFacts): string[] {
  const videoServices = new Set(facts.video.map(({ service }) => service));
  const barred = facts.encoderTroubles.filter(({ isBarred }) => isBarred);
  const withoutBest = barred.map(
    ({ element, reason }) =>
      `${element} is given a rest, since it failed: ${reason}`,
  );
  const services = facts.services
    .filter((service) => !service.required)
    .filter(
      (service) =>
        service.trouble !== undefined || !isAtRest(service, videoServices),
    )
    .map((service) => `${service.name} ${stateInWords(service)}`);
  return [...services, ...withoutBest, ...facts.shortages.lacking];
}

/** Running, resting by design, or a video encoder that nobody has asked for yet. */
function isAtRest(
  service: ServiceSnapshot,
  videoServices: ReadonlySet<string>,
): boolean {
  const { name, failures } = service.state;
  if (name === "running" || name === "stopped" || name === "stopping")
    return true;
  const failedBefore = failures > 0 && !service.proven;
  if (name === "standby") return !failedBefore;
  return (
    videoServices.has(service.name) && name === "starting" && failures === 0
  );
}

function whyInWords(
  stream: HealthFacts["video"][number],
  facts: HealthFacts,
): string {
  const { codec, encoder, whyBelowBest, capture, service } = stream;
  return [
    ...encoderChoiceInWords(codec, encoder, { ...facts, whyBelowBest }),
    ...(hasNoEncoder(codec, facts.encoders)
      ? ["no encoder works here"]
      : [encoderVerdict(find(facts, service)), capture]),
  ].join("; ");
}

function find(
  facts: Pick<HealthFacts, "services">,
  name: string,
): ServiceSnapshot | undefined {
  return facts.services.find((service) => service.name === name);
}

function encoderVerdict(service: ServiceSnapshot | undefined): string {
  if (service === undefined) return "not configured";
  if (service.state.name === "running") return "its packets arrive";
  if (service.proven) return "it worked when it was last used";
  if (service.lastError !== undefined) return service.lastError;
  return "nobody has needed it yet";
}

function stateInWords(service: ServiceSnapshot): string {
  const { state, lastError } = service;
  const because = lastError === undefined ? "" : `: ${lastError}`;
  switch (state.name) {
    case "waiting":
      return "waits for what it depends on";
    case "starting":
      return `is being started${because}`;
    case "backing-off":
      return state.reason;
    case "standby":
      return `rests after a failure${because}`;
    case "stopping":
      return "is being stopped";
    case "stopped":
      return `has ended${because}`;
    case "running":
      return service.trouble?.what ?? "runs";
  }
}

function componentHealth(service: ServiceSnapshot): ComponentHealth {
  const { state, trouble } = service;
  return {
    name: service.name,
    state: state.name,
    since: new Date(trouble?.sinceMs ?? service.sinceMs).toISOString(),
    restarts: service.restarts,
    required: service.required,
    ...whyInThisState(service),
    ...(service.lastError === undefined
      ? {}
      : { lastError: service.lastError }),
  };
}

/** Why it is as it is, where that is not simply that it runs. */
function whyInThisState(service: ServiceSnapshot): { reason?: string } {
  const { state, trouble } = service;
  switch (state.name) {
    case "running":
      return trouble === undefined ? {} : { reason: trouble.what };
    case "backing-off":
    case "stopped":
      return { reason: state.reason };
    case "waiting":
      return { reason: "what it depends on does not run" };
    case "starting":
      return {
        reason: state.failures > 0 ? "started again" : "has not answered yet",
      };
    case "standby":
      return { reason: "nobody needs it now" };
    case "stopping":
      return { reason: "not needed any more, or what it depends on ended" };
  }
}
