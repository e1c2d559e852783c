/**
 * Messages of keyboard and pointer.
 */
import * as v from "valibot";
import { coordinate, keysym, sequence } from "./fields.ts";

/** Bounds of these messages, and the beat by which the agent knows that a page still lives. */
export const inputLimits = {
  /** UTF-16 units of one `text`. */
  textLength: 256,
  /** Places of one `path`. */
  pathPoints: 64,
  /** Keys that one viewer may say it holds. */
  heldKeys: 64,
  /** While it holds something, a page says so this often… */
  heldIntervalMs: 1_000,
  /** …and what it held is released when nothing was heard of it for this long. */
  heldTimeoutMs: 3_000,
} as const;

/** Numbers of X11: 1 left, 2 middle, 3 right, 8 back, 9 forward. */
const buttonNumber = v.picklist([1, 2, 3, 8, 9]);
/** `KeyboardEvent.code`. */
const keyCode = v.pipe(v.string(), v.maxLength(32));

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

/** A sum of movements since the connection began, in pixels. */
const distance = v.pipe(v.number(), v.safeInteger());

/**
 * Motion of a locked pointer. `x` and `y` are sums since the viewer came, so that a message that was lost is made up for
 * by the next one.
 */
const motionRelativeMessage = v.strictObject({
  type: v.literal("motion-relative"),
  seq: sequence,
  x: distance,
  y: distance,
});

/** Every place that the pointer passed, x and y in turn, while a button is held: for what is drawn by hand. */
const pathMessage = v.strictObject({
  type: v.literal("path"),
  seq: sequence,
  points: v.pipe(
    v.array(coordinate),
    v.minLength(2),
    v.maxLength(2 * inputLimits.pathPoints),
    v.check((points) => points.length % 2 === 0, "x and y in turn"),
  ),
});

/** A pointer button. Without a place it is pressed where the pointer is, as while that is locked. */
const buttonMessage = v.strictObject({
  type: v.literal("button"),
  seq: sequence,
  button: buttonNumber,
  pressed: v.boolean(),
  x: v.optional(coordinate),
  y: v.optional(coordinate),
});

/** Wheel notches; positive `dy` scrolls down, positive `dx` right. */
const wheelMessage = v.strictObject({
  type: v.literal("wheel"),
  seq: sequence,
  dx: v.pipe(v.number(), v.integer(), v.minValue(-20), v.maxValue(20)),
  dy: v.pipe(v.number(), v.integer(), v.minValue(-20), v.maxValue(20)),
  x: v.optional(coordinate),
  y: v.optional(coordinate),
});

/**
 * A key. `keysym` is the X11 keysym of what the key means in the viewer's layout; `code` is the
 * physical key (`KeyboardEvent.code`) and tells two keys with one meaning apart.
 */
const keyMessage = v.strictObject({
  type: v.literal("key"),
  seq: sequence,
  keysym,
  code: keyCode,
  pressed: v.boolean(),
  /** The locks of the viewer's keyboard, where its browser knows them; the session's are set to the same. */
  locks: v.optional(
    v.strictObject({
      capsLock: v.boolean(),
      /** Missing on systems without a Num Lock. */
      numLock: v.optional(v.boolean()),
    }),
  ),
});

/** Text that no key of the viewer stands for: what an input method composed, emoji, an on-screen keyboard. */
const textMessage = v.strictObject({
  type: v.literal("text"),
  seq: sequence,
  text: v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(inputLimits.textLength),
    // eslint-disable-next-line no-control-regex -- other control characters are keys, not text
    v.regex(/^[^\0-\x08\x0b-\x1f\x7f]*$/),
  ),
});

/** All that the viewer holds. The agent releases what is not named. */
const heldMessage = v.strictObject({
  type: v.literal("held"),
  seq: sequence,
  codes: v.pipe(v.array(keyCode), v.maxLength(inputLimits.heldKeys)),
  buttons: v.pipe(v.array(buttonNumber), v.maxLength(5)),
});

/** The viewer lost focus or cannot know what is held: release everything it holds. */
const releaseAllMessage = v.strictObject({
  type: v.literal("release-all"),
  seq: sequence,
});

/** Each kind of input. */
export const inputMessages = [
  motionMessage,
  motionRelativeMessage,
  pathMessage,
  buttonMessage,
  wheelMessage,
  keyMessage,
  textMessage,
  heldMessage,
  releaseAllMessage,
] as const;
/** Input; travels on the data channels, and on the WebSocket where they are not open. */
export const inputMessage = v.variant("type", [...inputMessages]);
export type InputMessage = v.InferOutput<typeof inputMessage>;
/** Which locks are on, as a `key` message says it. */
export type KeyLocks = NonNullable<
  Extract<InputMessage, { type: "key" }>["locks"]
>;
