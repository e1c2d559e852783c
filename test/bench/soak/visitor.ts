/**
 * A viewer that comes, gets a picture, and goes: a real WebSocket and a WebRTC stack of its own, without a decoder.
 */
import { RTCPeerConnection, useH264, useOPUS } from "werift";
import { WebSocket } from "ws";
import { withDeadline } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import {
  parseServerMessage,
  protocolVersion,
  subprotocol,
  type ClientMessage,
  type ServerMessage,
} from "../../../signaling/protocol.ts";

const visitTimeoutMs = 20_000;

/**
 * One visit. @returns how long the first packet of video took, in milliseconds.
 * @throws StreamSpaceError `timeout`, `aborted`, `negotiation-failed`.
 */
export async function visit(options: {
  url: string;
  token: string;
  signal: AbortSignal;
}): Promise<number> {
  const startMs = performance.now();
  const visitor = new Visitor(options);
  try {
    await withDeadline(visitor.seen, {
      timeoutMs: visitTimeoutMs,
      what: "the first packet of a visit",
      signal: options.signal,
    });
    return performance.now() - startMs;
  } finally {
    await visitor.close();
  }
}

/** A viewer that stays until it is closed. */
export class Visitor {
  /** Settles with the first packet of video. */
  readonly seen: Promise<true>;
  readonly #socket: WebSocket;
  readonly #peer = new RTCPeerConnection({
    codecs: {
      video: [
        useH264({ parameters: "packetization-mode=1;profile-level-id=42e02a" }),
      ],
      audio: [useOPUS()],
    },
  });
  readonly #outcome = Promise.withResolvers<true>();

  constructor({ url, token }: { url: string; token: string }) {
    this.seen = this.#outcome.promise;
    this.seen.catch(() => undefined); // Whoever waits for it hears of it.
    const address = new URL("/ws", url);
    address.protocol = "ws:";
    this.#socket = new WebSocket(address, subprotocol);
    this.#socket.on("open", () => {
      const videoCodecs: ["h264"] = ["h264"];
      this.say({ type: "hello", version: protocolVersion, token, videoCodecs });
    });
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) return;
      const parsed = parseServerMessage(data.toString());
      if (parsed.ok) this.#onMessage(parsed.message);
    });
    this.#socket.on("close", (code) => {
      this.#fail(`the agent closed the connection with ${code}`);
    });
    this.#socket.on("error", (error) => {
      this.#fail(error.message);
    });
    this.#peer.onTrack.subscribe((track) => {
      if (track.kind !== "video") return;
      track.onReceiveRtp.subscribe(() => {
        this.#outcome.resolve(true);
      });
    });
  }

  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.#peer.close();
  }

  /** Sends a message; without effect while the socket is not open. */
  say(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify(message));
  }

  #onMessage(message: ServerMessage): void {
    if (message.type === "ping") this.say({ type: "pong", id: message.id });
    if (message.type === "offer")
      this.#answer(message).catch((error: unknown) => {
        this.#fail(String(error));
      });
    if (message.type === "candidate" && message.candidate !== null)
      void this.#peer.addIceCandidate(message.candidate as never);
  }

  async #answer(
    offer: Extract<ServerMessage, { type: "offer" }>,
  ): Promise<void> {
    const { negotiation, sdp } = offer;
    await this.#peer.setRemoteDescription({ type: "offer", sdp });
    this.#peer.onIceCandidate.subscribe((candidate) => {
      this.say({
        type: "candidate",
        negotiation,
        candidate:
          candidate === undefined
            ? null
            : { candidate: candidate.candidate, sdpMLineIndex: 0 },
      });
    });
    const answer = await this.#peer.createAnswer();
    await this.#peer.setLocalDescription(answer);
    this.say({ type: "answer", negotiation, sdp: answer.sdp });
  }

  /** Has no effect once the first packet was seen. */
  #fail(message: string): void {
    this.#outcome.reject(new StreamSpaceError("negotiation-failed", message));
  }
}
