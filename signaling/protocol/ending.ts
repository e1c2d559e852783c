/**
 * The message that a session is about to end.
 */
import * as v from "valibot";

/** From the agent: the session ends, in `inMs` at the latest. Also told to a viewer who comes meanwhile. */
export const endingMessages = [
  v.object({ type: v.literal("session-ending"), inMs: v.number() }),
] as const;
