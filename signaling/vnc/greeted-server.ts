/**
 * A VNC server for one client, waited for no longer than PROTOCOL.md says, however many of them die meanwhile.
 */
import { StreamSpaceError, type ErrorCode } from "../../agent/base/errors.ts";
import { greetServer, type HandshakeBounds } from "./rfb-handshake.ts";
import type { VncConnection } from "./vnc-host.ts";

/** All tries together. */
const waitMs = 15_000;
/** Servers that may die under one client before it is told that there is none. */
const serverTries = 3;

/**
 * A connection to a VNC server that has answered. One that dies before it does was just ending when it was found: the next
 * one is waited for.
 * @param connect finds or starts a server; its signal fires when the client has waited long enough.
 * @throws StreamSpaceError `vnc-unavailable` after 15 s, and what `connect` and {@link greetServer} throw.
 */
export async function greetedServer(
  connect: (tooLate: AbortSignal) => Promise<VncConnection>,
  bounds: HandshakeBounds,
): Promise<VncConnection> {
  const tooLate = new AbortController();
  const timer = setTimeout(() => {
    tooLate.abort();
  }, waitMs);
  try {
    return await firstThatStays(() => connect(tooLate.signal), bounds);
  } catch (cause) {
    if (!hasCode(cause, "aborted") || !tooLate.signal.aborted) throw cause;
    const problem = `no VNC server that stays came within ${waitMs / 1_000} s`;
    throw new StreamSpaceError("vnc-unavailable", problem, { cause });
  } finally {
    clearTimeout(timer);
  }
}

async function firstThatStays(
  connect: () => Promise<VncConnection>,
  bounds: HandshakeBounds,
): Promise<VncConnection> {
  for (let triesLeft = serverTries - 1; ; triesLeft -= 1) {
    const connection = await connect();
    try {
      await greetServer(connection.stream, bounds);
      return connection;
    } catch (error) {
      connection.stream.destroy();
      connection.release();
      if (!hasCode(error, "closed") || triesLeft === 0) throw error;
    }
  }
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof StreamSpaceError && error.code === code;
}
