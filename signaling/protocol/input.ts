/**
 * Messages of keyboard and pointer.
 */
import * as v from "valibot";
import { coordinate, keysym, sequence } from "./fields.ts";

/**
 * Pointer motion. `seq` counts up over all input messages of a viewer, so that a motion that was
 * overtaken by a newer one, or by a button, is dropped.
 */
const motionMessage = v.strictObject({
  type: v.literal("motion"),
  seq: sequence,
  x: coordinate,
  y: coordinate,
});

/** A pointer button, numbered as in X11: 1 left, 2 middle, 3 right, 8 back, 9 forward. */
const buttonMessage = v.strictObject({
  type: v.literal("button"),
  seq: sequence,
  button: v.picklist([1, 2, 3, 8, 9]),
  pressed: v.boolean(),
  x: coordinate,
  y: coordinate,
});

/** Wheel notches; positive `dy` scrolls down, positive `dx` right. */
const wheelMessage = v.strictObject({
  type: v.literal("wheel"),
  seq: sequence,
  dx: v.pipe(v.number(), v.integer(), v.minValue(-20), v.maxValue(20)),
  dy: v.pipe(v.number(), v.integer(), v.minValue(-20), v.maxValue(20)),
  x: coordinate,
  y: coordinate,
});

/**
 * A key. `keysym` is the X11 keysym of what the key means in the viewer's layout; `code` is the
 * physical key (`KeyboardEvent.code`) and tells two keys with one meaning apart.
 */
const keyMessage = v.strictObject({
  type: v.literal("key"),
  seq: sequence,
  keysym,
  code: v.pipe(v.string(), v.maxLength(32)),
  pressed: v.boolean(),
});

/** The viewer lost focus or cannot know what is held: release everything it holds. */
const releaseAllMessage = v.strictObject({
  type: v.literal("release-all"),
  seq: sequence,
});

/** Each kind of input. */
export const inputMessages = [
  motionMessage,
  buttonMessage,
  wheelMessage,
  keyMessage,
  releaseAllMessage,
] as const;
/** Input; travels on the data channels, and on the WebSocket where they are not open. */
export const inputMessage = v.variant("type", [...inputMessages]);
export type InputMessage = v.InferOutput<typeof inputMessage>;
