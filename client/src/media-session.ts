/**
 * The WebRTC side: each offer of the agent belongs to a new peer connection, and the number of the
 * negotiation tells its messages from those of the ones before.
 */
import type {
  ClientMessage,
  IceServer,
  ServerMessage,
} from "../../signaling/protocol.ts";
import {
  microphoneMid,
  rejectsVideo,
  withStereoOpus,
  withSurround,
} from "./session-description.ts";
import { decodesSurround } from "./surround-trial.ts";

/** The agent's side may have this many candidates before its offer has been applied; more are dropped. */
const maxEarlyCandidates = 64;

type Offer = Extract<ServerMessage, { type: "offer" }>;
type Candidate = Extract<ServerMessage, { type: "candidate" }>;

/** ICE settings of the agent's `welcome`. */
export interface IceOptions {
  iceServers: readonly IceServer[];
  iceTransportPolicy: RTCIceTransportPolicy;
}

export interface MediaListener {
  onPeerState(state: RTCPeerConnectionState): void;
  onTrack(track: MediaStreamTrack): void;
  onChannel(channel: RTCDataChannel): void;
  /** What can carry the user's microphone; `undefined` where the offer has no place for it. */
  onMicrophone(sender: RTCRtpSender | undefined): void;
  /** The browser took none of the video codec that was offered. */
  onVideoRejected(offer: Offer): void;
  /** The offer could not be applied or answered. */
  onFailed(): void;
}

interface CurrentPeer {
  negotiation: number;
  connection: RTCPeerConnection;
  /** Candidates can be added only from then on. */
  described: boolean;
  ending: AbortController;
}

/** See the module's description. */
export class MediaSession {
  readonly #ice: IceOptions;
  readonly #send: (message: ClientMessage) => void;
  readonly #listener: MediaListener;
  #current: CurrentPeer | undefined;
  /** Asked once: a browser does not learn it in the life of a page. */
  #surround: Promise<boolean> | undefined;
  #early: Candidate[] = [];

  constructor(options: {
    ice: IceOptions;
    send: (message: ClientMessage) => void;
    listener: MediaListener;
  }) {
    this.#ice = options.ice;
    this.#send = options.send;
    this.#listener = options.listener;
  }

  /** The connection of the latest offer. */
  get connection(): RTCPeerConnection | undefined {
    return this.#current?.connection;
  }

  /** Answers an offer with a new connection; the one before is closed. */
  onOffer(offer: Offer): void {
    if (offer.negotiation <= (this.#current?.negotiation ?? -1)) return;
    this.#endCurrent();
    const connection = new RTCPeerConnection({
      iceServers: this.#ice.iceServers.map(toRtcIceServer),
      iceTransportPolicy: this.#ice.iceTransportPolicy,
      bundlePolicy: "max-bundle",
    });
    const current: CurrentPeer = {
      negotiation: offer.negotiation,
      connection,
      described: false,
      ending: new AbortController(),
    };
    this.#current = current;
    this.#listen(current);
    this.#answer(current, offer).catch(() => {
      // Not logged: the message of the browser may quote the SDP.
      if (this.#current === current) this.#listener.onFailed();
    });
  }

  /** Adds a candidate of the agent, or keeps it until its offer has been applied. */
  onCandidate(message: Candidate): void {
    const current = this.#current;
    const newest = current?.negotiation ?? -1;
    if (message.negotiation < newest) return;
    if (message.negotiation === newest && current?.described === true) {
      addCandidate(current.connection, message);
    } else if (this.#early.length < maxEarlyCandidates) {
      this.#early.push(message);
    }
  }

  /** Ends the connection; idempotent. */
  close(): void {
    this.#endCurrent();
    this.#early = [];
  }

  #endCurrent(): void {
    this.#current?.ending.abort();
    this.#current?.connection.close();
    this.#current = undefined;
  }

  #listen({ connection, negotiation, ending }: CurrentPeer): void {
    const { signal } = ending;
    const listener = this.#listener;
    connection.addEventListener(
      "icecandidate",
      ({ candidate }) => {
        this.#send({
          type: "candidate",
          negotiation,
          candidate: candidate === null ? null : toMessage(candidate),
        });
      },
      { signal },
    );
    connection.addEventListener(
      "connectionstatechange",
      () => {
        listener.onPeerState(connection.connectionState);
      },
      { signal },
    );
    connection.addEventListener(
      "track",
      ({ track, receiver }) => {
        if (track.kind === "video") showAtOnce(receiver);
        listener.onTrack(track);
      },
      { signal },
    );
    connection.addEventListener(
      "datachannel",
      ({ channel }) => {
        listener.onChannel(channel);
      },
      { signal },
    );
  }

  async #answer(current: CurrentPeer, offer: Offer): Promise<void> {
    const { connection, negotiation } = current;
    await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    if (this.#current !== current) return;
    current.described = true;
    const early = this.#early;
    this.#early = early.filter((each) => each.negotiation > negotiation);
    for (const each of early) {
      if (each.negotiation === negotiation) addCandidate(connection, each);
    }
    this.#listener.onMicrophone(openMicrophone(connection, offer.sdp));
    const answer = await connection.createAnswer();
    const sdp = await this.#describeSound(answer.sdp ?? "", offer.sdp);
    await connection.setLocalDescription({ type: "answer", sdp });
    if (this.#current !== current) return;
    this.#send({ type: "answer", negotiation, sdp });
    if (offer.video !== null && rejectsVideo(sdp)) {
      this.#listener.onVideoRejected(offer);
    }
  }

  /** The answer with as many channels as this browser decodes. */
  async #describeSound(answer: string, offer: string): Promise<string> {
    const stereo = withStereoOpus(answer);
    const surround = withSurround(stereo, offer);
    if (surround === undefined) return stereo;
    this.#surround ??= decodesSurround(offer);
    return (await this.#surround) ? surround : stereo;
  }
}

/** Takes the place that the offer has for sound of this page; nothing is sent before there is a track. */
function openMicrophone(
  connection: RTCPeerConnection,
  offer: string,
): RTCRtpSender | undefined {
  const mid = microphoneMid(offer);
  const transceiver = connection
    .getTransceivers()
    .find((each) => mid !== undefined && each.mid === mid);
  if (transceiver === undefined) return undefined;
  transceiver.direction = "sendonly";
  return transceiver.sender;
}

/** A desktop wants the newest frame, not an even flow of old ones. */
function showAtOnce(receiver: RTCRtpReceiver): void {
  receiver.jitterBufferTarget = 0;
  // The name of the same thing in Chromium before 124; in seconds.
  if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
}

function addCandidate(
  connection: RTCPeerConnection,
  { candidate }: Candidate,
): void {
  const added = connection.addIceCandidate(
    candidate === null
      ? undefined
      : {
          candidate: candidate.candidate,
          sdpMid: candidate.sdpMid ?? null,
          sdpMLineIndex: candidate.sdpMLineIndex ?? null,
          usernameFragment: candidate.usernameFragment ?? null,
        },
  );
  added.catch(() => {
    // One of a kind that this browser cannot use leaves the others; if none is left, the peer's state says so.
  });
}

function toMessage(
  candidate: RTCIceCandidate,
): Extract<ClientMessage, { type: "candidate" }>["candidate"] {
  const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return {
    candidate: candidate.candidate,
    sdpMid,
    sdpMLineIndex,
    usernameFragment,
  };
}

function toRtcIceServer(server: IceServer): RTCIceServer {
  return {
    urls: server.urls,
    ...(server.username === undefined ? {} : { username: server.username }),
    ...(server.credential === undefined
      ? {}
      : { credential: server.credential }),
  };
}
