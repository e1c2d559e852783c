/**
 * Messages about the clipboard. Contents travel as bulk transfers (`bulk.ts`), which these announce.
 */
import * as v from "valibot";
import { transferField } from "./bulk.ts";
import { sequence } from "./fields.ts";

/** Content that is carried over: UTF-8 text, HTML in UTF-8, and PNG. */
export const clipboardFormats = ["text", "html", "png"] as const;
export type ClipboardFormat = (typeof clipboardFormats)[number];

/** Which way contents may go: `in` is from the browser into the session. */
export const clipboardPolicies = ["off", "in", "out", "both"] as const;
export type ClipboardPolicy = (typeof clipboardPolicies)[number];

/** `clipboard` is what was copied in the session, `primary` what was marked there. */
export const clipboardSelections = ["clipboard", "primary"] as const;

/** Why contents do not come, or were not taken. */
export const clipboardRefusals = [
  /** The token, or the settings, do not allow it. */
  "not-allowed",
  "too-large",
  /** There is something newer. */
  "outdated",
  /** The program that owns the clipboard does not give it, or the display is gone. */
  "unavailable",
  /** The transfer failed, or took too long. */
  "failed",
] as const;
export type ClipboardRefusal = (typeof clipboardRefusals)[number];

/** Bounds that both sides keep to. */
export const clipboardLimits = {
  /** Content of at most this size is read, and fetched by the page, before anybody asks. */
  eagerBytes: 1_048_576,
  /** The most that `--clipboard-max-bytes` may allow. */
  maxBytes: 268_435_456,
} as const;

const bytes = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(2 ** 53 - 1),
);
const format = v.picklist(clipboardFormats);

/** Puts the viewer's contents into the session; each format comes in the transfer that it names. */
const clipboardPut = v.strictObject({
  type: v.literal("clipboard-put"),
  /** Counts the viewer's puts; the answer repeats it. */
  put: sequence,
  formats: v.pipe(
    v.array(v.strictObject({ format, bytes, transfer: transferField })),
    v.minLength(1),
    v.maxLength(clipboardFormats.length),
  ),
});

/** Asks for the contents of one format of an offer. */
const clipboardGet = v.strictObject({
  type: v.literal("clipboard-get"),
  serial: sequence,
  format,
});

/** Asks for the policy and the current offer, e.g. after the viewer was given control. */
const clipboardAsk = v.strictObject({ type: v.literal("clipboard-ask") });

/** From the viewer. */
export const clipboardClientMessages = [
  clipboardPut,
  clipboardGet,
  clipboardAsk,
] as const;

/** From the agent. */
export const clipboardServerMessages = [
  v.object({
    type: v.literal("clipboard-policy"),
    /** What this viewer may do now. */
    policy: v.picklist(clipboardPolicies),
    /** The most bytes of all formats together. */
    maxBytes: bytes,
  }),
  /** The session has something new; no formats: nothing any more. */
  v.object({
    type: v.literal("clipboard-offer"),
    serial: sequence,
    selection: v.picklist(clipboardSelections),
    /** Whether it was copied since the viewer came; what is older is not put into its clipboard unasked. */
    fresh: v.boolean(),
    formats: v.array(v.object({ format, bytes })),
  }),
  /** Answers `clipboard-get`: the content comes in the transfer. */
  v.object({
    type: v.literal("clipboard-content"),
    serial: sequence,
    format,
    bytes,
    transfer: transferField,
  }),
  /** Answers `clipboard-get`: it does not come. */
  v.object({
    type: v.literal("clipboard-refused"),
    serial: sequence,
    format,
    reason: v.picklist(clipboardRefusals),
  }),
  /** Answers `clipboard-put`; without a reason the session's programs can paste it now. */
  v.object({
    type: v.literal("clipboard-put-done"),
    put: sequence,
    /** The session's clipboard with it; offers with a lower number are older. */
    serial: sequence,
    reason: v.optional(v.picklist(clipboardRefusals)),
  }),
] as const;

/** An offer of the session. */
export type ClipboardOfferMessage = v.InferOutput<
  (typeof clipboardServerMessages)[1]
>;
