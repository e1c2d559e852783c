/**
 * What an input message says beside what it does. Pure.
 */
import type { InputMessage } from "./protocol.ts";

/** Where the pointer is, as the message says it; `undefined` where it does not. */
export function placeOf(
  message: InputMessage,
): { x: number; y: number } | undefined {
  switch (message.type) {
    case "motion":
      return message;
    case "button":
    case "wheel": {
      const { x, y } = message;
      return x === undefined || y === undefined ? undefined : { x, y };
    }
    case "path": {
      const [x, y] = message.points.slice(-2);
      return x === undefined || y === undefined ? undefined : { x, y };
    }
    case "motion-relative":
    case "key":
    case "text":
    case "held":
    case "release-all":
      return undefined;
  }
}

/** Whether it moves the pointer. */
export function isMove(message: InputMessage): boolean {
  return message.type === "motion-relative" || placeOf(message) !== undefined;
}

/**
 * Whether somebody meant to act: pressed a key or a button, wrote something, or turned the wheel. The pointer moves over
 * every page that is looked at, and what was pressed before control was lost comes up after. A path follows a button that
 * was refused already.
 */
export function isDeliberate(message: InputMessage): boolean {
  switch (message.type) {
    case "key":
    case "button":
      return message.pressed;
    case "wheel":
    case "text":
      return true;
    case "motion":
    case "motion-relative":
    case "path":
    case "held":
    case "release-all":
      return false;
  }
}
