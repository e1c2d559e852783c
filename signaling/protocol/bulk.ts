/**
 * Messages about bulk transfers: clipboard contents and files. The bytes themselves are binary messages of the
 * WebSocket, see `bulk-channel.ts`; what a transfer is for is said by the message that announces it.
 */
import * as v from "valibot";

const transfer = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(2 ** 32 - 1),
);

/** Why a transfer ends early. */
export const bulkEndings = [
  "cancelled",
  "timeout",
  "overrun",
  "too-large",
  "closed",
  "failed",
] as const;
export type BulkEnding = (typeof bulkEndings)[number];

/** The receiver has dealt with all bytes up to `bytes`, counted from the beginning. */
const bulkAck = v.strictObject({
  type: v.literal("bulk-ack"),
  transfer,
  bytes: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(0),
    v.maxValue(2 ** 53 - 1),
  ),
});

/** Either side gives a transfer up. */
const bulkEnd = v.strictObject({
  type: v.literal("bulk-end"),
  transfer,
  reason: v.picklist(bulkEndings),
});

/** Both ways. */
export const bulkMessages = [bulkAck, bulkEnd] as const;
export type BulkMessage = v.InferOutput<(typeof bulkMessages)[number]>;

/** Number of a transfer in a message: the agent's are even, a viewer's odd. */
export const transferField = transfer;
