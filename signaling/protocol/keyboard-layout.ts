/**
 * The message about the layout of the session's keyboard.
 */
import * as v from "valibot";

/**
 * Layouts as XKB names them, up to four (its groups), each with a variant where wanted: `de`, `us(intl)`, `us,ru(phonetic)`.
 * `layout:variant` is the same as `layout(variant)`.
 */
export const layoutName =
  /^(?=.{2,128}$)[a-z][a-z_]{1,15}(?:\([\w-]{1,32}\)|:[\w-]{1,32})?(?:,[a-z][a-z_]{1,15}(?:\([\w-]{1,32}\)|:[\w-]{1,32})?){0,3}$/;

/**
 * From a viewer: wants this layout. From the agent: the session has it, after the welcome and after each change; empty where
 * the display's own was left alone.
 */
export const keyboardLayoutMessage = v.strictObject({
  type: v.literal("keyboard-layout"),
  layout: v.union([v.literal(""), v.pipe(v.string(), v.regex(layoutName))]),
});
