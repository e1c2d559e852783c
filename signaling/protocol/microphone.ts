/**
 * Messages about the viewers' microphones. What is said itself comes as RTP, by a place that the agent's offer has for it.
 */
import * as v from "valibot";

/** Why the agent does not hear a viewer any more who has not stopped by itself. */
export const microphoneEndings = [
  /** Another viewer speaks now. */
  "taken",
  /** It may not act on the session any more. */
  "no-control",
] as const;
export type MicrophoneEnding = (typeof microphoneEndings)[number];

/** Wants to be heard from now on; who was heard before is not any more. */
const start = v.strictObject({ type: v.literal("microphone-start") });
/** Has stopped speaking. */
const stop = v.strictObject({ type: v.literal("microphone-stop") });

/** From a viewer. */
export const microphoneRequests = [start, stop] as const;

/**
 * Who is heard; after the welcome and after each change. A viewer who never hears of it cannot speak in this session.
 */
const state = v.object({
  type: v.literal("microphone"),
  /** Id of the viewer, or `null` for nobody. */
  speaker: v.nullable(v.string()),
});
export type MicrophoneMessage = v.InferOutput<typeof state>;

/** Told to the one who is not heard any more, before the state. */
const ended = v.object({
  type: v.literal("microphone-ended"),
  reason: v.picklist(microphoneEndings),
});
export type MicrophoneEndedMessage = v.InferOutput<typeof ended>;

/** From the agent. */
export const microphoneMessages = [state, ended] as const;
