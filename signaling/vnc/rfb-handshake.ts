/**
 * The first words of RFB (RFC 6143, sections 7.1 and 7.2), on both of the agent's sides. The agent proves itself to the
 * VNC server, and clients prove themselves to the agent: neither hears of the other's security.
 */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { readBytes } from "./read-bytes.ts";
import { challengeBytes, isAnswer } from "./vnc-password.ts";

const newestVersion = "RFB 003.008\n";
const versionPattern = /^RFB 003\.(\d{3})\n$/;
const securityNone = 1;
const securityVncAuth = 2;

/** How long each step of a handshake may take. */
export interface HandshakeBounds {
  timeoutMs: number;
  signal?: AbortSignal;
}

/** How a client proves itself. */
export type ClientProof =
  /** It has, before RFB began. */
  | { kind: "none" }
  /** By VNC Authentication; `check` is told of each answer. */
  | { kind: "password"; password: Buffer; onResult: (right: boolean) => void };

function broken(what: string): StreamSpaceError {
  return new StreamSpaceError("bad-message", `RFB: ${what}`);
}

/**
 * Leads a VNC server up to ClientInit.
 * @throws StreamSpaceError `bad-message` where it does not speak RFB 3.3…3.8 or wants a proof; `closed`, `timeout`.
 */
export async function greetServer(
  server: Duplex,
  bounds: HandshakeBounds,
): Promise<void> {
  const read = (count: number, what: string): Promise<Buffer> =>
    readBytes(server, count, { ...bounds, what });
  const minor = minorOf(await read(12, "the version of the VNC server"));
  const spoken = minor >= 8 ? 8 : minor >= 7 ? 7 : 3;
  server.write(`RFB 003.00${spoken}\n`);
  if (spoken === 3) {
    const type = (await read(4, "its kind of security")).readUInt32BE(0);
    if (type !== securityNone) throw broken("the VNC server wants a proof");
    return;
  }
  const count = (await read(1, "its kinds of security")).readUInt8(0);
  if (count === 0) throw broken("the VNC server refused the connection");
  const types = await read(count, "its kinds of security");
  if (!types.includes(securityNone))
    throw broken("the VNC server wants a proof");
  server.write(Buffer.from([securityNone]));
  if (spoken === 7) return;
  const result = (await read(4, "its verdict")).readUInt32BE(0);
  if (result !== 0) throw broken("the VNC server refused the connection");
}

/**
 * Leads a client up to ClientInit, which is read too: whether others may stay is not for a client to say.
 * @throws StreamSpaceError `unauthorized` where the proof fails; `bad-message`, `closed`, `timeout`.
 */
export async function greetClient(
  client: Duplex,
  proof: ClientProof,
  bounds: HandshakeBounds,
): Promise<void> {
  const read = (count: number, what: string): Promise<Buffer> =>
    readBytes(client, count, { ...bounds, what });
  client.write(newestVersion);
  const minor = minorOf(await read(12, "the version of the client"));
  const type = proof.kind === "none" ? securityNone : securityVncAuth;
  if (minor < 7) {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(type);
    client.write(word);
  } else {
    client.write(Buffer.from([1, type]));
    const chosen = (await read(1, "the client's choice")).readUInt8(0);
    if (chosen !== type) throw broken(`the client chose security ${chosen}`);
  }
  if (proof.kind === "password") {
    const challenge = randomBytes(challengeBytes);
    client.write(challenge);
    const answer = await read(challengeBytes, "the client's answer");
    const right = isAnswer(answer, challenge, proof.password);
    proof.onResult(right);
    if (!right) {
      client.write(failure("The password is wrong.", minor));
      throw new StreamSpaceError("unauthorized", "a VNC password was wrong");
    }
  }
  if (proof.kind === "password" || minor >= 8) client.write(Buffer.alloc(4));
  await read(1, "ClientInit");
}

/** SecurityResult; only 3.8 has words. */
function failure(words: string, minor: number): Buffer {
  const text = Buffer.from(words, "latin1");
  const message = Buffer.alloc(8 + text.length);
  message.writeUInt32BE(1, 0);
  message.writeUInt32BE(text.length, 4);
  text.copy(message, 8);
  return minor >= 8 ? message : message.subarray(0, 4);
}

function minorOf(version: Buffer): number {
  const minor = versionPattern.exec(version.toString("latin1"))?.[1];
  if (minor === undefined) throw broken("no version of RFB that is known");
  return Number(minor);
}

/** The size of the framebuffer and the desktop's name (ServerInit, section 7.3.2). */
export interface ServerInit {
  width: number;
  height: number;
}

/** Longest name of a desktop that is read over. */
const maxNameBytes = 4_096;

/**
 * Goes through the whole handshake, as the proof that a VNC server works.
 * @throws StreamSpaceError as {@link greetServer}.
 */
export async function proveServer(
  server: Duplex,
  bounds: HandshakeBounds,
): Promise<ServerInit> {
  await greetServer(server, bounds);
  server.write(Buffer.from([1]));
  const what = "the VNC server's description of its screen";
  const init = await readBytes(server, 24, { ...bounds, what });
  const nameBytes = init.readUInt32BE(20);
  if (nameBytes > maxNameBytes) throw broken("a desktop's name is too long");
  return { width: init.readUInt16BE(0), height: init.readUInt16BE(2) };
}
