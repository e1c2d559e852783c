/**
 * The health snapshot.
 */
import * as v from "valibot";
import { videoCodecs } from "./fields.ts";
import { filesPolicies } from "./files.ts";
import { vncBackends } from "./vnc.ts";

export const healthStatuses = ["ready", "degraded", "not-ready"] as const;
export const componentStates = [
  "stopped",
  "waiting",
  "starting",
  "running",
  "standby",
  "backing-off",
  "stopping",
] as const;
/** X servers that a session can have of its own. */
export const xServers = ["xvfb", "kasmvnc"] as const;
export type XServerName = (typeof xServers)[number];

/** One part of the session in the health snapshot. */
const componentHealth = v.object({
  name: v.string(),
  state: v.picklist(componentStates),
  /** ISO 8601, UTC: since when it is in this state. */
  since: v.string(),
  /** Times it was started again after a failure. */
  restarts: v.number(),
  /** Why it is in this state, where that needs saying. */
  reason: v.optional(v.string()),
  /** The last failure, kept after recovery. */
  lastError: v.optional(v.string()),
  /** Whether a new viewer sees no desktop without it. */
  required: v.boolean(),
});
export type ComponentHealth = v.InferOutput<typeof componentHealth>;

/** What the agent knows of an encoder; `failed`: it was proven, and failed again and again in this session. */
export const encoderStates = [
  "untested",
  "proving",
  "proven",
  "refused",
  "failed",
] as const;

const encoderHealth = v.object({
  /** GStreamer element, e.g. `x264enc`. */
  element: v.string(),
  codec: v.picklist(videoCodecs),
  /** What it works with: `nvenc`, `vaapi` or `software`. */
  family: v.string(),
  state: v.picklist(encoderStates),
  /** ISO 8601, UTC: since when it is in this state. */
  since: v.string(),
  /** Of one that is refused or failed: why. */
  reason: v.optional(v.string()),
  /** Of a proven one: milliseconds from the start of its process to its first packet, and per frame. */
  startMs: v.optional(v.number()),
  frameMs: v.optional(v.number()),
  /** Found by an earlier start of the agent on this machine. */
  remembered: v.boolean(),
});
export type EncoderHealth = v.InferOutput<typeof encoderHealth>;

/** The snapshot that `/health` serves and that is pushed to viewers when it changes. */
export const healthSnapshot = v.object({
  status: v.picklist(healthStatuses),
  /** What keeps it from being `ready`, one sentence each. */
  reasons: v.array(v.string()),
  version: v.string(),
  startedAt: v.string(),
  /** ISO 8601, UTC: since when it has this status. */
  since: v.optional(v.string()),
  /** How often it stopped being ready; the start does not count. */
  timesNotReady: v.optional(v.number()),
  /** The latest time in which it was not ready, its start included; `until` is `null` while that lasts. */
  lastNotReady: v.optional(
    v.nullable(
      v.object({
        since: v.string(),
        until: v.nullable(v.string()),
        reasons: v.array(v.string()),
      }),
    ),
  ),
  /** Since when no viewer is here, `null` while one is; when somebody last typed, clicked or pointed. */
  idle: v.optional(
    v.object({
      since: v.nullable(v.string()),
      lastInput: v.nullable(v.string()),
    }),
  ),
  /** Receivers of events, and what became of them. */
  events: v.optional(
    v.array(
      v.object({
        name: v.string(),
        delivered: v.number(),
        dropped: v.number(),
        failures: v.number(),
        queued: v.number(),
        lastError: v.optional(v.string()),
      }),
    ),
  ),
  display: v.nullable(
    v.object({
      width: v.number(),
      height: v.number(),
      /** Absent for a display that was there before. */
      server: v.optional(v.picklist(xServers)),
    }),
  ),
  video: v.array(
    v.object({
      codec: v.picklist(videoCodecs),
      encoder: v.string(),
      why: v.string(),
      viewers: v.number(),
    }),
  ),
  encoders: v.array(encoderHealth),
  viewers: v.number(),
  /** What the settings allow of files, and the most bytes of one. Absent: an agent without this. */
  files: v.optional(
    v.object({ policy: v.picklist(filesPolicies), maxBytes: v.number() }),
  ),
  /** Absent where VNC is off. */
  vnc: v.optional(
    v.object({
      clients: v.number(),
      servers: v.array(
        v.object({
          /** `vnc` for plain VNC, `kasmvnc` for KasmVNC's own client. */
          service: v.string(),
          state: v.picklist(componentStates),
          /** Of one that runs. */
          backend: v.optional(v.picklist(vncBackends)),
        }),
      ),
    }),
  ),
  components: v.array(componentHealth),
});
export type HealthSnapshot = v.InferOutput<typeof healthSnapshot>;
