/**
 * Messages about files. Contents travel as bulk transfers (`bulk.ts`), which these announce.
 */
import * as v from "valibot";
import { transferField } from "./bulk.ts";
import { sequence } from "./fields.ts";

/** Which way files may go: `upload` is from the browser into the session. */
export const filesPolicies = ["off", "upload", "download", "both"] as const;
export type FilesPolicy = (typeof filesPolicies)[number];

/** Why a file does not come, or was not taken. */
export const fileRefusals = [
  /** The token, or the settings, do not allow it. */
  "not-allowed",
  "bad-name",
  "too-large",
  /** The folder has as many files as the settings allow. */
  "too-many",
  /** The disk has no room for it, or less than is to stay free. */
  "disk-full",
  /** As many transfers as there may be are under way. */
  "busy",
  /** There is no regular file of this name. */
  "not-found",
  /** The folder, or its disk, does not do it. */
  "unavailable",
  /** The transfer failed, was called off, or took too long. */
  "failed",
] as const;
export type FileRefusal = (typeof fileRefusals)[number];

/** Bounds that both sides keep to. */
export const filesLimits = {
  /** UTF-16 units of a name in a message; what is stored is shorter, see `agent/session/file-names.ts`. */
  nameLength: 1_024,
  /** Files of a listing; the latest of more. */
  listed: 1_000,
  /** Transfers under way in the whole session, each way. */
  transfers: 4,
  /** The most that `--files-max-bytes` may allow: 1 TiB. */
  maxBytes: 1_099_511_627_776,
} as const;

const bytes = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(2 ** 53 - 1),
);
const name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(filesLimits.nameLength),
);

/** Asks for the policy, e.g. after the viewer was given control. */
const filesAsk = v.strictObject({ type: v.literal("files-ask") });

/** Asks for what is in the folder. */
const filesList = v.strictObject({ type: v.literal("files-list") });

/** Puts a file into the folder; its content comes in the transfer, which may begin at once. */
const filePut = v.strictObject({
  type: v.literal("file-put"),
  /** Counts the viewer's puts; the answer repeats it. */
  put: sequence,
  name,
  bytes,
  transfer: transferField,
});

/** Asks for the content of a file of the listing. */
const fileGet = v.strictObject({
  type: v.literal("file-get"),
  /** Counts the viewer's gets; the answer repeats it. */
  get: sequence,
  name,
});

/** From the viewer. */
export const filesClientMessages = [
  filesAsk,
  filesList,
  filePut,
  fileGet,
] as const;

const reason = v.picklist(fileRefusals);

/** From the agent. */
export const filesServerMessages = [
  v.object({
    type: v.literal("files-policy"),
    /** What this viewer may do now. */
    policy: v.picklist(filesPolicies),
    /** The most bytes of one file. */
    maxBytes: bytes,
  }),
  /** Answers `files-list`. */
  v.object({
    type: v.literal("files-listing"),
    /** The latest first. */
    files: v.array(
      v.object({
        name: v.string(),
        bytes,
        /** Unix time, in milliseconds. */
        modifiedMs: v.number(),
      }),
    ),
    /** Whether that is all there is. */
    isWhole: v.boolean(),
    /** Why there is none. */
    reason: v.optional(reason),
  }),
  /** Answers `file-put`; without a reason the file is in the folder. */
  v.object({
    type: v.literal("file-put-done"),
    put: sequence,
    /** What it is called there. */
    name: v.optional(v.string()),
    reason: v.optional(reason),
  }),
  /** Answers `file-get`: the content comes in the transfer. */
  v.object({
    type: v.literal("file-content"),
    get: sequence,
    bytes,
    transfer: transferField,
  }),
  /** Answers `file-get`: it does not come. */
  v.object({ type: v.literal("file-refused"), get: sequence, reason }),
] as const;

/** What is in the folder. */
export type FilesListingMessage = v.InferOutput<
  (typeof filesServerMessages)[1]
>;
