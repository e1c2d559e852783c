/**
 * Asks a STUN or TURN server whether it is there. Either kind answers a plain Binding request.
 */
import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { withDeadline } from "../../base/deadline.ts";
import { StreamSpaceError, systemCodeOf } from "../../base/errors.ts";

const answerTimeoutMs = 2_500;
/** RFC 8489, section 6.2.1: a request over UDP is sent again after 500 ms. */
const repeatMs = 500;

const magicCookie = 0x2112a442;
const bindingRequest = 0x0001;
const bindingResponse = 0x0101;
const bindingError = 0x0111;
const headerBytes = 20;

/** The parts of a `stun:` or `turn:` URL that matter here. */
export interface IceUrl {
  host: string;
  port: number;
  /** TLS runs over TCP as well. */
  transport: "udp" | "tcp";
}

/**
 * Reads an ICE URL (RFC 7064, RFC 7065) that the settings have accepted.
 * @throws StreamSpaceError `internal` for anything else.
 */
export function parseIceUrl(url: string): IceUrl {
  const match =
    /^(stuns?|turns?):(?:\[([^\]]+)\]|([^:?]+))(?::(\d+))?(?:\?transport=(\w+))?$/i.exec(
      url,
    );
  const host = match?.[2] ?? match?.[3];
  if (match === null || host === undefined) {
    throw new StreamSpaceError("internal", "an ICE URL was not checked");
  }
  const secure =
    match[1]?.toLowerCase().endsWith("s") === true && match[1].length > 4;
  return {
    host,
    port: Number(match[4] ?? (secure ? 5349 : 3478)),
    transport: secure || match[5]?.toLowerCase() === "tcp" ? "tcp" : "udp",
  };
}

/**
 * Returns in words how the server answered.
 * @throws StreamSpaceError `timeout`, `aborted`; system errors of name resolution and sockets.
 */
export async function askStunServer(
  url: IceUrl,
  signal: AbortSignal,
): Promise<string> {
  const { address, family } = await withDeadline(resolve(url.host), {
    timeoutMs: answerTimeoutMs,
    what: `the resolution of ${url.host}`,
    signal,
  });
  return url.transport === "tcp"
    ? await askByTcp(address, url.port, signal)
    : await askByUdp(address, family, url.port, signal);
}

async function resolve(
  host: string,
): Promise<{ address: string; family: number }> {
  try {
    return await lookup(host);
  } catch (error) {
    throw new StreamSpaceError(
      "listen-failed",
      `the name ${host} has no address (${systemCodeOf(error) ?? "unknown error"})`,
      { cause: error },
    );
  }
}

async function askByTcp(
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<string> {
  const socket = connect({ host, port });
  try {
    await withDeadline(once(socket, "connect"), {
      timeoutMs: answerTimeoutMs,
      what: `a TCP connection to port ${port}`,
      signal,
    });
    return "accepts TCP connections";
  } finally {
    socket.destroy();
  }
}

async function askByUdp(
  address: string,
  family: number,
  port: number,
  signal: AbortSignal,
): Promise<string> {
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  const request = makeBindingRequest();
  const send = (): void => {
    socket.send(request, port, address);
  };
  const timer = setInterval(send, repeatMs);
  try {
    const answered = answer(socket, request);
    send();
    await withDeadline(answered, {
      timeoutMs: answerTimeoutMs,
      what: "an answer to a STUN request",
      signal,
    });
    return "answers STUN requests";
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

async function answer(socket: Socket, request: Buffer): Promise<void> {
  await new Promise<void>((resolveAnswer, reject) => {
    socket.once("error", reject);
    socket.on("message", (message) => {
      if (isAnswerTo(request, message)) resolveAnswer();
    });
  });
}

/** A Binding request without attributes (RFC 8489, section 5). */
export function makeBindingRequest(): Buffer {
  const message = Buffer.alloc(headerBytes);
  message.writeUInt16BE(bindingRequest, 0);
  message.writeUInt32BE(magicCookie, 4);
  randomBytes(12).copy(message, 8);
  return message;
}

/** Whether `message` answers `request`; an error answer also comes from a living server. */
export function isAnswerTo(request: Buffer, message: Buffer): boolean {
  if (message.length < headerBytes) return false;
  const type = message.readUInt16BE(0);
  return (
    (type === bindingResponse || type === bindingError) &&
    message.subarray(4, headerBytes).equals(request.subarray(4, headerBytes))
  );
}
