/**
 * Viewers of a stream: peers as the agent makes them, in this process, and their other ends in `receivers.ts`.
 */
import { fileURLToPath } from "node:url";
import type {
  ChildSpawner,
  OwnedChild,
} from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, withDeadline } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import type { VideoPipelineCodec } from "../../../encoders/video-encoding.ts";
import type { MediaSource } from "../../../signaling/media.ts";
import type { IceCandidateInit, Peer } from "../../../signaling/webrtc/peer.ts";
import { weriftPeers } from "../../../signaling/webrtc/werift-peer.ts";
import { silentLog } from "../../fakes/logs.ts";
import type {
  ReceiverCommand,
  ReceiverCounts,
  ReceiverEvent,
} from "./receiver-lines.ts";

const program = fileURLToPath(import.meta.resolve("./receivers.ts"));
const startTimeoutMs = 10_000;
const connectTimeoutMs = 10_000;
const countTimeoutMs = 5_000;
const firstFrameTimeoutMs = 10_000;
/** A hundred lines of candidates and answers. */
const maxPendingBytes = 1_000_000;

/** What becomes of an offer in the other process. */
export interface OfferListener {
  onAnswer(sdp: string): void;
  onCandidate(candidate: IceCandidateInit): void;
}

/** The process of the receiving ends. */
export class Receivers implements AsyncDisposable {
  readonly child: OwnedChild;
  readonly #listeners: OfferListener[] = [];
  #counts = Promise.withResolvers<ReceiverCounts[]>();

  private constructor(child: OwnedChild) {
    this.child = child;
  }

  /** Starts it. @throws StreamSpaceError `spawn-failed`, `timeout`, `aborted`. */
  static async start(
    spawner: ChildSpawner,
    signal: AbortSignal,
  ): Promise<Receivers> {
    const ready = Promise.withResolvers<undefined>();
    let handle: (event: ReceiverEvent) => void = () => undefined;
    const child = await spawner.spawn({
      name: "the receivers",
      file: process.execPath,
      args: [program],
      stdin: true,
      parentDeathSignal: "SIGKILL",
      onOutputLine: (line) => {
        const event = JSON.parse(line) as ReceiverEvent;
        if (event.type === "ready") ready.resolve(undefined);
        else handle(event);
      },
    });
    const receivers = new Receivers(child);
    handle = (event) => {
      receivers.#onEvent(event);
    };
    try {
      await withDeadline(ready.promise, {
        timeoutMs: startTimeoutMs,
        what: "the start of the receivers",
        signal,
      });
      return receivers;
    } catch (error) {
      await child.close();
      throw error;
    }
  }

  /** Hands an offer to a new receiver. @returns where to hand the offering side's candidates. */
  offer(
    codec: VideoPipelineCodec,
    sdp: string,
    listener: OfferListener,
  ): (candidate: IceCandidateInit) => void {
    const peer = this.#listeners.push(listener) - 1;
    this.#say({ type: "offer", peer, codec, sdp });
    return (candidate) => {
      this.#say({ type: "candidate", peer, candidate });
    };
  }

  /** What each receiver has got, in the order of their offers. */
  async counts(signal: AbortSignal): Promise<ReceiverCounts[]> {
    this.#counts = Promise.withResolvers();
    this.#say({ type: "count" });
    return await withDeadline(this.#counts.promise, {
      timeoutMs: countTimeoutMs,
      what: "the counts of the receivers",
      signal,
    });
  }

  /**
   * Waits for the first frame of receiver number `peer`.
   * @throws StreamSpaceError `timeout`, `aborted`.
   */
  async untilReceiving(peer: number, signal: AbortSignal): Promise<void> {
    await poll(
      async () => {
        const counts = await this.counts(signal);
        return (counts[peer]?.frames ?? 0) > 0 ? true : undefined;
      },
      {
        everyMs: 50,
        timeoutMs: firstFrameTimeoutMs,
        what: "a viewer's first frame",
        signal,
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.close();
  }

  #say(command: ReceiverCommand): void {
    const { stdin } = this.child;
    if (!stdin.writable || stdin.writableLength > maxPendingBytes) {
      throw new StreamSpaceError("child-exited", "the receivers are gone");
    }
    stdin.write(`${JSON.stringify(command)}\n`);
  }

  #onEvent(event: ReceiverEvent): void {
    switch (event.type) {
      case "ready":
        break;
      case "answer":
        this.#listeners[event.peer]?.onAnswer(event.sdp);
        break;
      case "candidate":
        this.#listeners[event.peer]?.onCandidate(event.candidate);
        break;
      case "counts":
        this.#counts.resolve(event.counts);
        break;
      case "failed":
        this.#counts.reject(
          new StreamSpaceError("negotiation-failed", event.message),
        );
        break;
    }
  }
}

const createPeer = weriftPeers({ clock: systemClock, log: silentLog });

/**
 * Connects one more viewer to `source`.
 * @throws StreamSpaceError `timeout`, `aborted`, `negotiation-failed`.
 */
export async function connectViewer(options: {
  receivers: Receivers;
  codec: VideoPipelineCodec;
  source: MediaSource;
  signal: AbortSignal;
}): Promise<Peer> {
  const { receivers, codec, source, signal } = options;
  const connected = Promise.withResolvers<undefined>();
  // Candidates may come before the offer has been handed over.
  const early: IceCandidateInit[] = [];
  let give = (candidate: IceCandidateInit): void => {
    early.push(candidate);
  };
  const peer = createPeer({
    ice: {
      iceServers: [],
      iceTransportPolicy: "all",
      portRange: undefined,
      advertisedAddresses: [],
    },
    video: { codec, source },
    audio: undefined,
    listener: {
      onCandidate: (candidate) => {
        if (candidate !== null) give(candidate);
      },
      onState: (state) => {
        if (state === "connected") connected.resolve(undefined);
        if (state === "failed") connected.reject(failed());
      },
      onInput: () => undefined,
    },
  });
  try {
    give = receivers.offer(codec, await peer.offer(), {
      onAnswer: (sdp) => {
        peer.answer(sdp).catch(connected.reject);
      },
      onCandidate: (candidate) => {
        peer.addCandidate(candidate).catch(connected.reject);
      },
    });
    early.forEach(give);
    await withDeadline(connected.promise, {
      timeoutMs: connectTimeoutMs,
      what: "the connection of a viewer",
      signal,
    });
    return peer;
  } catch (error) {
    await peer.close();
    throw error;
  }
}

function failed(): StreamSpaceError {
  return new StreamSpaceError(
    "negotiation-failed",
    "the connection of a viewer failed",
  );
}
