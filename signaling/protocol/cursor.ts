/**
 * What the pointer looks like. Pictures are PNG, and each is sent once for as long as the page remembers it; see
 * `cursor-cache.ts`.
 */
import * as v from "valibot";

/** Pixels of a cursor's side at most; of a larger one the part around the hot spot is sent. */
export const maxCursorPixels = 256;

/** The key of a cursor that the agent cannot see: the page shows an ordinary one. */
export const plainCursor = "default";

const image = v.object({
  /** PNG, in base64. */
  png: v.string(),
  /** Pixels of the remote screen. */
  width: v.number(),
  height: v.number(),
  /** The pixel that points. */
  hotX: v.number(),
  hotY: v.number(),
});
/** A cursor as it is drawn. */
export type CursorPicture = v.InferOutput<typeof image>;

/** From the agent: the pointer has another cursor from now on. */
const cursor = v.object({
  type: v.literal("cursor"),
  /** Names a picture; `null`: nothing is to be seen of the pointer. */
  key: v.nullable(v.string()),
  /** The picture, where the page does not remember it. */
  image: v.optional(image),
});

export const cursorServerMessages = [cursor] as const;
