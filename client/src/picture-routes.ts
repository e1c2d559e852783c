/**
 * The two ways of picture and sound to the page, a peer connection and the WebSocket: which of them is shown is what
 * `media-path.ts` decides, this does it.
 */
import type {
  ComponentHealth,
  HealthSnapshot,
  ServerMessage,
  TransportMode,
  VideoCodec,
} from "../../signaling/protocol.ts";
import { MediaPath } from "./media-path.ts";
import type { PeerTrouble, PictureTransport } from "./picture-transport.ts";
import { AsidePicture, type VncAccess } from "./aside-picture.ts";
import type { SocketMedia } from "./socket-media/socket-media.ts";

type Offer = Extract<ServerMessage, { type: "offer" }>;

/** What the agent says it sends. */
export interface OfferedMedia {
  video: Offer["video"];
  audio: boolean;
}

export interface PictureRoutesListener {
  onTrack(track: MediaStreamTrack): void;
  onOffered(media: OfferedMedia): void;
  /**
   * The picture has taken another way, which nobody had chosen.
   * @param peerTrouble why it does not come by a peer.
   */
  onTransport(transport: PictureTransport, peerTrouble: PeerTrouble): void;
}

/** It encodes, or does as soon as a peer is connected. */
const encodingStates: ReadonlySet<ComponentHealth["state"]> = new Set([
  "running",
  "standby",
  "stopping",
]);

/** See the module's description. */
export class PictureRoutes {
  readonly #aside: AsidePicture;
  readonly #path: MediaPath;
  readonly #listener: PictureRoutesListener;
  /** Of the peer; they wait for its connection behind a picture that runs. */
  #peerTracks: MediaStreamTrack[] = [];
  #peerOffered: OfferedMedia | undefined;
  #socketCodec: VideoCodec | undefined;
  #components: readonly ComponentHealth[] = [];
  /** Whether the frame that is expected next is one of the peer's. */
  #showsPeer = true;
  /** By which way the picture came last, for all that the user knows. */
  #told: PictureTransport = "webrtc";

  /**
   * @param options.askRestart asks the agent for a new offer.
   * @param options.giveUp ends the connection.
   * @param options.vnc what VNC needs; where absent, there is none.
   */
  constructor(options: {
    listener: PictureRoutesListener;
    askRestart: () => void;
    giveUp: () => void;
    vnc?: VncAccess | undefined;
  }) {
    const { listener, askRestart, giveUp, vnc } = options;
    this.#listener = listener;
    const asideListener = {
      onTrack: (track: MediaStreamTrack) => {
        if (track.kind === "video") this.#showsPeer = false;
        listener.onTrack(track);
      },
      onStarted: (media: OfferedMedia) => {
        this.#socketCodec = media.video?.codec;
        this.#judgeEncoders();
        listener.onOffered(media);
      },
      onFailed: () => {
        this.#path.onSocketFailed();
      },
    };
    this.#aside = new AsidePicture({ listener: asideListener, vnc });
    this.#path = new MediaPath({
      startSocket: () => {
        this.#aside.start(this.#path.mode);
      },
      stopSocket: () => {
        this.#aside.stop();
      },
      showSocket: () => {
        this.#aside.showAgain();
      },
      askRestart,
      showPeer: () => {
        this.#showPeer();
      },
      hasPeerMedia: () => hasArrived(this.#peerTracks),
      giveUp,
    });
  }

  /** By which way the picture comes, where there is one. */
  get transport(): PictureTransport {
    if (!this.#path.isBySocket) return "webrtc";
    return this.#aside.isByVnc ? "vnc" : "websocket";
  }

  /** Hears what the agent sends by the WebSocket. */
  get socketMedia(): SocketMedia {
    return this.#aside.socketMedia;
  }

  /** From now on a picture is expected. */
  begin(mode: TransportMode): void {
    this.#showsPeer = true;
    this.#forgetPeer();
    this.#path.begin(mode);
  }

  /**
   * An offer of the agent.
   * @returns whether to take it, and whether the picture is to come from there.
   */
  onOffer({ video, audio }: Offer): { isWanted: boolean; isShown: boolean } {
    const isShown = !this.#path.isBySocket;
    const { mode } = this.#path;
    if (mode === "websocket" || mode === "vnc")
      return { isWanted: false, isShown };
    this.#forgetPeer();
    this.#peerOffered = { video, audio };
    this.#path.onOffer();
    this.#judgeEncoders();
    if (isShown) this.#listener.onOffered(this.#peerOffered);
    return { isWanted: true, isShown };
  }

  /** The picture stays what it is until the peer is connected. */
  onPeerTrack(track: MediaStreamTrack): void {
    this.#peerTracks.push(track);
    if (!this.#path.isBySocket) this.#listener.onTrack(track);
  }

  /** @returns whether the picture depended on the peer. */
  onPeerState(state: RTCPeerConnectionState): boolean {
    const wasBySocket = this.#path.isBySocket;
    this.#path.onPeerState(state);
    return !wasBySocket;
  }

  /** The first frame of the latest track is on the screen. */
  onFrame(): void {
    if (this.#showsPeer) this.#path.onPeerFrame();
    else this.#aside.onShown();
    const { transport } = this;
    if (transport === this.#told) return;
    this.#told = transport;
    if (this.#path.mode === "auto")
      this.#listener.onTransport(transport, this.#path.peerTrouble);
  }

  /** What the agent says of the session. */
  onHealth({ components }: HealthSnapshot): void {
    this.#components = components;
    this.#judgeEncoders();
  }

  /** The peer is of no use. */
  mend(): void {
    this.#path.mend();
  }

  /** Frames of the peer arrive, and for seconds none has been decoded. */
  onStuck(): void {
    if (this.#showsPeer) this.#path.onStuck();
  }

  /** The network is another one, or there is one again. */
  hurry(): void {
    this.#path.hurry();
  }

  /** The connection has ended; idempotent. */
  close(): void {
    this.#path.close();
    this.#aside.stop();
    this.#forgetPeer();
  }

  #judgeEncoders(): void {
    const ofPeer = this.#isEncoded(this.#peerOffered?.video?.codec);
    if (ofPeer !== undefined) this.#path.onEncoded(ofPeer);
    const ofSocket = this.#isEncoded(this.#socketCodec);
    if (ofSocket !== undefined) this.#aside.onEncoded(ofSocket);
  }

  /** `undefined` where the agent has not said. */
  #isEncoded(codec: VideoCodec | undefined): boolean | undefined {
    const encoder = this.#components.find(
      ({ name }) => name === `video-${codec}`,
    );
    return encoder && encodingStates.has(encoder.state);
  }

  #showPeer(): void {
    this.#showsPeer = true;
    if (this.#peerOffered !== undefined)
      this.#listener.onOffered(this.#peerOffered);
    for (const track of this.#peerTracks) this.#listener.onTrack(track);
  }

  #forgetPeer(): void {
    this.#peerTracks = [];
    this.#peerOffered = undefined;
  }
}

/** Browsers unmute a track of a peer with its first packet. */
function hasArrived(tracks: readonly MediaStreamTrack[]): boolean {
  return tracks.some(({ kind, muted }) => kind === "video" && !muted);
}
