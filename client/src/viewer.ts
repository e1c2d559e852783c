/**
 * One viewer of the session: drives the connection's state, and owns the socket and the media that
 * belong to it.
 */
import { BulkChannel } from "../../signaling/protocol/bulk-channel.ts";
import {
  protocolVersion,
  type ClientMessage,
  type ErrorName,
  type HealthSnapshot,
  type ServerMessage,
  type TransportMode,
  type VideoCodec,
} from "../../signaling/protocol.ts";
import {
  causeOfCloseCode,
  hasPicture,
  isLive,
  transition,
  type ConnectionEvent,
  type ConnectionState,
  type LossCause,
} from "./connection.ts";
import { dispatch, helloOf, type ClientFeature } from "./feature.ts";
import type { Size } from "./geometry.ts";
import type { InputSender } from "./input-sender.ts";
import { MediaSession } from "./media-session.ts";
import { PictureRoutes, type PictureRoutesListener } from "./picture-routes.ts";
import type { PictureTransport } from "./picture-transport.ts";
import { SignalingSocket } from "./signaling-socket.ts";
import type { LoadVnc } from "./vnc-picture.ts";

/** A picture usually takes less than a second; after this the user is told that something is amiss. */
const pictureLateMs = 10_000;

type Offer = Extract<ServerMessage, { type: "offer" }>;
type Welcome = Extract<ServerMessage, { type: "welcome" }>;

export type { OfferedMedia } from "./picture-routes.ts";

export interface ViewerListener extends PictureRoutesListener {
  onState(state: ConnectionState): void;
  onHealth(health: HealthSnapshot | undefined): void;
  onError(error: ErrorName): void;
  /** What can carry the user's microphone now. */
  onMicrophone(sender: RTCRtpSender | undefined): void;
}

/** See the module's description. */
export class Viewer {
  readonly #url: string;
  readonly #token: () => string;
  readonly #isTokenKnown: () => boolean;
  readonly #codecs: (refused: ReadonlySet<VideoCodec>) => VideoCodec[];
  readonly #input: InputSender;
  readonly #listener: ViewerListener;
  readonly #features: readonly ClientFeature[];
  readonly #refused = new Set<VideoCodec>();
  readonly #mode: TransportMode;
  readonly #routes: PictureRoutes;
  #state: ConnectionState = { kind: "needs-token", rejected: false };
  #socket: SignalingSocket | undefined;
  #media: MediaSession | undefined;
  #bulk: BulkChannel | undefined;
  #screen: Size | undefined;
  #lateTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the current peer connection has shown a frame. */
  #hasFrame = false;
  /** Whether the session has VNC, as far as the agent has said. */
  #hasVnc = true;
  /** Whether the agent has ever let this viewer in. */
  #wasReached = false;

  /**
   * @param options.url the agent's WebSocket.
   * @param options.token asked for at every hello.
   * @param options.isTokenKnown whether an agent has accepted it before.
   * @param options.codecs what to offer, given the codecs that turned out not to work.
   * @param options.transport by which way the picture may come; `auto` where the agent's settings say nothing else.
   * @param options.pageUrl the agent's page.
   * @param options.vnc loads what shows VNC; where absent, VNC is not shown.
   * @param options.features get what the agent sends and this class does not know.
   */
  constructor(options: {
    url: string;
    token: () => string;
    isTokenKnown?: () => boolean;
    codecs: (refused: ReadonlySet<VideoCodec>) => VideoCodec[];
    input: InputSender;
    listener: ViewerListener;
    transport?: TransportMode;
    pageUrl: string;
    vnc?: LoadVnc | undefined;
    features?: readonly ClientFeature[];
  }) {
    this.#url = options.url;
    this.#token = options.token;
    this.#isTokenKnown = options.isTokenKnown ?? (() => false);
    this.#codecs = options.codecs;
    this.#input = options.input;
    this.#listener = options.listener;
    this.#mode = options.transport ?? "auto";
    this.#routes = new PictureRoutes({
      listener: options.listener,
      askRestart: () => {
        this.#socket?.send({ type: "restart" });
      },
      giveUp: () => {
        this.#lost("media");
      },
      vnc: options.vnc && {
        load: options.vnc,
        credentials: () => ({ url: options.pageUrl, token: this.#token() }),
        isOn: () => this.#hasVnc,
      },
    });
    this.#features = [this.#routes.socketMedia, ...(options.features ?? [])];
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Size of the remote screen, once the agent has said it. */
  get screen(): Size | undefined {
    return this.#screen;
  }

  /** The peer connection of the latest offer. */
  get connection(): RTCPeerConnection | undefined {
    return this.#media?.connection;
  }

  /** By which way the picture comes; `undefined` while there is none. */
  get transport(): PictureTransport | undefined {
    return hasPicture(this.#state) ? this.#routes.transport : undefined;
  }

  /** There is a token to try. */
  tokenGiven(): void {
    this.#dispatch({ type: "token-given" });
  }

  /** The user asks for another try. */
  tryAgain(): void {
    this.#dispatch({ type: "try-again" });
  }

  /** Frames of the peer arrive, and none is decoded: another way, with another decoder, may do. */
  onStuck(): void {
    this.#routes.onStuck();
  }

  /** The network or the user came back: waits no longer, and checks a connection that may be dead. */
  hurry(): void {
    this.#dispatch({ type: "retry-due" });
    this.#socket?.probe();
    this.#routes.hurry();
  }

  /** A frame of the latest track is on the screen. */
  frameShown(): void {
    this.#hasFrame = true;
    this.#dispatch({ type: "frame-shown" });
    this.#routes.onFrame();
  }

  /** Ends the connection until {@link tryAgain}. */
  leave(): void {
    this.#dispatch({ type: "leave" });
  }

  /** The page is left or put to sleep; {@link hurry} brings it back. */
  suspend(): void {
    this.#lost("network");
  }

  #dispatch(event: ConnectionEvent): void {
    const before = this.#state;
    const after = transition(before, event);
    if (after === before) return;
    this.#state = after;
    // The listener first: it may still have something to send, or a picture to keep.
    this.#listener.onState(after);
    this.#enter(after, before);
  }

  #enter(state: ConnectionState, before: ConnectionState): void {
    clearTimeout(this.#retryTimer);
    if (!isLive(state))
      this.#hangUp("cause" in state ? state.cause : undefined);
    switch (state.kind) {
      case "connecting":
        this.#dial();
        break;
      case "negotiating":
      case "waiting-for-picture":
        if (state.kind !== before.kind) this.#expectPicture();
        break;
      case "connected":
        clearTimeout(this.#lateTimer);
        break;
      case "waiting-to-retry":
        this.#retryTimer = setTimeout(() => {
          this.#dispatch({ type: "retry-due" });
        }, state.delayMs);
        break;
      case "interrupted":
      case "needs-token":
      case "stopped":
        break;
    }
  }

  #expectPicture(): void {
    clearTimeout(this.#lateTimer);
    this.#lateTimer = setTimeout(() => {
      this.#dispatch({ type: "picture-late" });
    }, pictureLateMs);
  }

  #lost(cause: LossCause): void {
    const isSilent = cause === "network" || cause === "timeout";
    this.#dispatch({
      type: "lost",
      cause: isSilent && !this.#wasReached ? "unreached" : cause,
      random: Math.random(),
      knownToken: this.#isTokenKnown(),
      noToken: this.#token() === "",
    });
  }

  #dial(): void {
    this.#hangUp();
    this.#hasVnc = true; // It may be another agent, with other settings.
    this.#socket = new SignalingSocket({
      url: this.#url,
      hello: {
        type: "hello",
        version: protocolVersion,
        token: this.#token(),
        videoCodecs: this.#codecs(this.#refused),
        ...helloOf(this.#features),
      },
      listener: {
        onMessage: (message) => {
          this.#onMessage(message);
        },
        onFrame: (frame) => {
          if (!this.#features.some((feature) => feature.onFrame?.(frame)))
            this.#bulk?.onFrame(frame);
        },
        onUnsendable: (problem) => {
          reportError(new TypeError(problem)); // Whoever made it is long gone.
        },
        onClosed: (code) => {
          this.#lost(causeOfCloseCode(code));
        },
      },
    });
    this.#input.useFallback(this.#socket);
  }

  #hangUp(cause?: LossCause): void {
    clearTimeout(this.#lateTimer);
    this.#routes.close();
    this.#media?.close();
    this.#media = undefined;
    if (this.#bulk !== undefined) this.#closeFeatures(this.#bulk, cause);
    this.#input.useFallback(undefined);
    this.#input.dropChannels();
    this.#socket?.close();
    this.#socket = undefined;
    this.#listener.onHealth(undefined);
  }

  #closeFeatures(bulk: BulkChannel, cause?: LossCause): void {
    this.#bulk = undefined;
    for (const feature of this.#features) feature.onClosed?.(cause);
    bulk.close();
  }

  #onMessage(message: ServerMessage): void {
    dispatch(this.#features, message);
    switch (message.type) {
      case "welcome":
        this.#onWelcome(message);
        break;
      case "offer":
        this.#onOffer(message);
        break;
      case "candidate":
        this.#media?.onCandidate(message);
        break;
      case "screen":
        this.#screen = { width: message.width, height: message.height };
        break;
      case "health":
        this.#hasVnc = message.health.vnc !== undefined;
        this.#routes.onHealth(message.health);
        this.#listener.onHealth(message.health);
        break;
      case "error":
        this.#listener.onError(message.error);
        break;
      case "bulk-ack":
      case "bulk-end":
        this.#bulk?.onMessage(message);
        break;
      case "ping":
      case "pong":
        break; // The socket has dealt with them.
      default:
        break; // A feature has dealt with it.
    }
  }

  #onWelcome(welcome: Welcome): void {
    this.#wasReached = true;
    this.#screen = welcome.screen;
    this.#media?.close();
    this.#media = new MediaSession({
      ice: welcome,
      send: (message) => {
        this.#socket?.send(message);
      },
      listener: {
        onPeerState: (state) => {
          this.#onPeerState(state);
        },
        onTrack: (track) => {
          this.#routes.onPeerTrack(track);
        },
        onChannel: (channel) => {
          this.#input.useChannel(channel);
        },
        onMicrophone: (sender) => {
          this.#listener.onMicrophone(sender);
        },
        onVideoRejected: (offer) => {
          this.#onVideoRejected(offer);
        },
        onFailed: () => {
          this.#routes.mend();
        },
      },
    });
    this.#openFeatures(welcome);
    this.#dispatch({ type: "welcomed" });
    const { transport = "auto" } = welcome;
    this.#routes.begin(transport === "auto" ? this.#mode : transport);
  }

  #onOffer(offer: Offer): void {
    const { isWanted, isShown } = this.#routes.onOffer(offer);
    if (!isWanted) return;
    if (isShown) this.#hasFrame = false;
    this.#input.dropChannels();
    this.#media?.onOffer(offer);
  }

  #openFeatures({ viewerId, role }: Welcome): void {
    if (this.#bulk !== undefined) this.#closeFeatures(this.#bulk);
    const socket = this.#socket;
    const send = (message: ClientMessage): void => {
      socket?.send(message);
    };
    const bulk = new BulkChannel("viewer", {
      sendFrame: (frame) => {
        socket?.sendFrame(frame);
      },
      sendMessage: send,
    });
    this.#bulk = bulk;
    for (const feature of this.#features)
      feature.onOpen?.({ viewerId, role, send, bulk });
  }

  #onPeerState(state: RTCPeerConnectionState): void {
    const isShown = this.#routes.onPeerState(state);
    if (!isShown) return; // The picture runs by another way, whatever becomes of the peer.
    if (state === "connected") {
      this.#dispatch({ type: "peer-connected", fresh: !this.#hasFrame });
    } else if (state === "disconnected" || state === "failed") {
      this.#dispatch({ type: "peer-lost" });
    }
  }

  /** Firefox lists H.264 before its plug-in is there; another codec may do. */
  #onVideoRejected({ video }: Offer): void {
    if (video === null || this.#refused.has(video.codec)) return;
    this.#refused.add(video.codec);
    if (this.#codecs(this.#refused).length > 0) {
      this.#dispatch({ type: "reopen" });
    }
  }
}
