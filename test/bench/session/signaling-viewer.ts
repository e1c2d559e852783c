/**
 * A viewer of a running agent without a screen: the real WebSocket here, the WebRTC peer among the receivers.
 */
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
import type { IceCandidateInit } from "../../../signaling/webrtc/peer.ts";
import type { Receivers } from "../encode/viewers.ts";

const joinTimeoutMs = 10_000;

/** A viewer that has joined; media may take a moment longer. */
export interface SignalingViewer extends AsyncDisposable {
  /** The codec that it was offered. */
  codec: string;
}

/**
 * Joins the session at `url`, the page's address with its token.
 * @throws StreamSpaceError `timeout`, `aborted`, `negotiation-failed`.
 */
export async function joinSession(options: {
  url: string;
  token: string;
  receivers: Receivers;
  signal: AbortSignal;
}): Promise<SignalingViewer> {
  const address = new URL("/ws", options.url);
  address.protocol = "ws:";
  const socket = new WebSocket(address, subprotocol);
  const conversation = new Conversation(socket, options.receivers);
  socket.on("open", () => {
    conversation.say({
      type: "hello",
      version: protocolVersion,
      token: options.token,
      videoCodecs: ["h264", "vp8"],
    });
  });
  try {
    const codec = await withDeadline(conversation.joined, {
      timeoutMs: joinTimeoutMs,
      what: "a viewer's place in the session",
      signal: options.signal,
    });
    return {
      codec,
      [Symbol.asyncDispose]: () => {
        socket.terminate();
        return Promise.resolve();
      },
    };
  } catch (error) {
    socket.terminate();
    throw error;
  }
}

class Conversation {
  /** Settles with the codec of the offer when it has been answered. */
  readonly joined: Promise<string>;
  readonly #socket: WebSocket;
  readonly #receivers: Receivers;
  readonly #outcome = Promise.withResolvers<string>();
  #give: (candidate: IceCandidateInit) => void = () => undefined;

  constructor(socket: WebSocket, receivers: Receivers) {
    this.#socket = socket;
    this.#receivers = receivers;
    this.joined = this.#outcome.promise;
    socket.on("message", (data: Buffer) => {
      const parsed = parseServerMessage(data.toString());
      if (parsed.ok) this.#onMessage(parsed.message);
    });
    socket.on("close", (code) => {
      this.#fail(`the agent closed a viewer's connection with ${code}`);
    });
    socket.on("error", (error) => {
      this.#fail(error.message);
    });
  }

  say(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify(message));
  }

  #onMessage(message: ServerMessage): void {
    switch (message.type) {
      case "offer":
        this.#onOffer(message);
        break;
      case "candidate":
        if (message.candidate !== null) this.#give(message.candidate);
        break;
      case "ping":
        this.say({ type: "pong", id: message.id });
        break;
      case "error":
        this.#fail(message.message);
        break;
      default:
        break; // What people want to know.
    }
  }

  #onOffer({
    negotiation,
    sdp,
    video,
  }: Extract<ServerMessage, { type: "offer" }>): void {
    if (video === null) {
      this.#fail("the agent offered no video");
      return;
    }
    this.#give = this.#receivers.offer(video.codec, sdp, {
      onAnswer: (answer) => {
        this.say({ type: "answer", negotiation, sdp: answer });
        this.#outcome.resolve(video.codec);
      },
      onCandidate: (candidate) => {
        this.say({
          type: "candidate",
          negotiation,
          candidate: { candidate: candidate.candidate, sdpMLineIndex: 0 },
        });
      },
    });
  }

  /** Has no effect where the viewer has joined already: counts that stand still then tell. */
  #fail(message: string): void {
    this.#outcome.reject(new StreamSpaceError("negotiation-failed", message));
  }
}
