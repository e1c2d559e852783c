/**
 * Carries RFB between a client and a VNC server: the server's bytes as they are, the client's through a filter.
 *
 * Neither side is read while the other does not take what was read, so that a stalled one costs the buffers of the
 * streams and of the kernel, and no more.
 */
import type { Duplex } from "node:stream";
import { settlesWithin } from "../../agent/base/deadline.ts";
import {
  messageOf,
  StreamSpaceError,
  toStreamSpaceError,
} from "../../agent/base/errors.ts";
import type { RfbFilter } from "./rfb-filter.ts";

/** Why a bridge ended. */
export type BridgeEnd =
  | { by: "client" }
  | { by: "server" }
  /** What the client sent was no RFB. */
  | { by: "violation"; error: StreamSpaceError };

/** How long the last words to a VNC server may take: releases of held keys. */
const lastWordsMs = 500;

/**
 * Carries until either side ends, or `signal` fires; both streams are ended then. Never rejects.
 * @param options.client behind its handshake, ClientInit included.
 * @param options.server before ClientInit.
 */
export async function carryRfb(options: {
  client: Duplex;
  server: Duplex;
  filter: RfbFilter;
  signal: AbortSignal;
}): Promise<BridgeEnd> {
  const { client, server, filter, signal } = options;
  const { promise, resolve } = Promise.withResolvers<BridgeEnd>();
  const onAbort = (): void => {
    resolve({ by: "server" });
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  watchEnd(client, () => {
    resolve({ by: "client" });
  });
  watchEnd(server, () => {
    resolve({ by: "server" });
  });
  server.write(Buffer.from([1])); // ClientInit: others may stay.
  pump(server, client, (chunk) => [chunk]);
  pump(client, server, (chunk) => {
    try {
      return filter.push(chunk);
    } catch (error) {
      resolve({ by: "violation", error: toStreamSpaceError(error) });
      return [];
    }
  });
  const end = await promise;
  signal.removeEventListener("abort", onAbort);
  client.removeAllListeners("data");
  await sayLastWords(server, filter);
  server.destroy();
  return end;
}

function watchEnd(stream: Duplex, onEnd: () => void): void {
  stream.once("end", onEnd).once("close", onEnd).on("error", onEnd);
  if (stream.destroyed || stream.readableEnded) onEnd();
}

function pump(
  from: Duplex,
  to: Duplex,
  through: (chunk: Buffer) => readonly Buffer[],
): void {
  const resume = (): void => {
    from.resume();
  };
  from.on("data", (chunk: Buffer) => {
    let full = false;
    for (const piece of through(chunk)) {
      if (to.writable && !to.write(piece)) full = true;
    }
    if (!full) return;
    from.pause();
    to.off("drain", resume).once("drain", resume);
  });
}

async function sayLastWords(server: Duplex, filter: RfbFilter): Promise<void> {
  const releases = filter.releases();
  if (!server.writable || releases.length === 0) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.end(Buffer.concat(releases), () => {
    resolve(undefined);
  });
  await settlesWithin(promise, lastWordsMs);
}

/** A sentence about the end, for a log. */
export function describeBridgeEnd(end: BridgeEnd): string {
  switch (end.by) {
    case "client":
      return "the client left";
    case "server":
      return "the VNC server ended";
    case "violation":
      return messageOf(end.error);
  }
}
