/**
 * Decides by which way the picture comes: a peer connection where there is one, else the WebSocket; when a peer
 * connection is tried anew; and when the whole connection is beyond repair.
 *
 * The WebSocket often survives what kills a peer connection (a changed address, a lost mapping in a router), and gets
 * through where nothing else does. So the picture moves to it before anybody waits long, and peers are tried behind it
 * for as long as it takes. Where it cannot carry a picture, one new offer is tried before everything is dropped.
 */
import type { PeerTrouble } from "./picture-transport.ts";
import {
  transportModes,
  type Transport,
  type TransportMode,
} from "../../signaling/protocol.ts";

/** `?transport=` of the page's address; `auto` for all that it does not know. */
export function readTransport(name: string | null): TransportMode {
  return transportModes.find((mode) => mode === name) ?? "auto";
}

/** How long each kind of trouble may last, in milliseconds. */
export const pathPatience = {
  /** From welcome, from asking for a new offer, or from an offer, to a connection. */
  connectMs: 15_000,
  /** ICE often comes back from `disconnected` by itself. */
  disconnectedMs: 5_000,
  /** From welcome, or from an offer that takes the place of another, to a picture; after that the WebSocket has to do. */
  firstPictureMs: 3_000,
  /** From `disconnected` to the WebSocket. */
  interruptedMs: 1_500,
  /** From the end of the encoder, which is another's in well under a second, to the WebSocket. */
  unencodedMs: 3_000,
  /** From a connection, made behind a picture that runs, to its first frame. */
  peerFrameMs: 5_000,
  /** Between tries behind a picture that runs: at first… */
  retryMs: 7_000,
  /** …and after {@link retrySlowlyAfterMs}. */
  retrySlowlyMs: 30_000,
  retrySlowlyAfterMs: 120_000,
  /** A peer connection that is lost within this time came back too early: the next one has to wait. */
  flapMs: 60_000,
  /** The first such wait; doubled each time. */
  holdOffMs: 15_000,
  longestHoldOffMs: 300_000,
} as const;

export interface MediaPathOptions {
  /** Starts the picture by the WebSocket; what follows is {@link MediaPath.onSocketFailed}, or nothing. */
  startSocket(): void;
  stopSocket(): void;
  /** Shows what comes by the WebSocket again, after the tracks of a peer. */
  showSocket(): void;
  /** Asks the agent for a new offer. */
  askRestart(): void;
  /** Shows the tracks of the peer, whose frames are expected now. */
  showPeer(): void;
  /** Whether packets of the peer's picture have arrived. */
  hasPeerMedia(): boolean;
  /** Drops the connection. */
  giveUp(): void;
  nowMs?: () => number;
}

type Timers = "socket" | "repair" | "frame" | "stream";

/** See the module's description. */
export class MediaPath {
  readonly #options: MediaPathOptions;
  readonly #nowMs: () => number;
  readonly #timers = new Map<Timers, ReturnType<typeof setTimeout>>();
  #mode: TransportMode = "auto";
  /** By which way a picture comes, or is expected. */
  #active: Transport = "webrtc";
  #isSocketBroken = false;
  #isConnected = false;
  /** Whether the session encodes what the peer was offered, as far as the agent has said. */
  #isEncoded = true;
  /** Whether a peer has shown its picture since {@link begin}. */
  #wasPeerSeen = false;
  #peerTrouble: PeerTrouble = "unreachable";
  #hasAsked = false;
  #socketSinceMs = 0;
  #peerSinceMs = -Infinity;
  #holdOffMs = 0;

  constructor(options: MediaPathOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Whether the picture comes, or is expected, by the WebSocket. */
  get isBySocket(): boolean {
    return this.#active === "websocket";
  }

  get mode(): TransportMode {
    return this.#mode;
  }

  /** Why the picture was taken from the latest peer. */
  get peerTrouble(): PeerTrouble {
    return this.#peerTrouble;
  }

  /** From now on a picture is expected. */
  begin(mode: TransportMode): void {
    this.close();
    this.#mode = mode;
    this.#active = "webrtc";
    this.#isSocketBroken = false;
    this.#isConnected = false;
    this.#isEncoded = true;
    this.#wasPeerSeen = false;
    this.#hasAsked = false;
    if (mode === "websocket" || mode === "vnc") {
      this.#toSocket();
      return;
    }
    this.#expectPeer();
  }

  /** The agent offers a peer, its first or one in place of another. */
  onOffer(): void {
    this.#isConnected = false;
    // Behind a picture that runs, nobody waits for it, and tries are made as it is.
    if (this.isBySocket) return;
    this.#wasPeerSeen = false;
    this.#expectPeer();
  }

  /** The peer's state, as `RTCPeerConnection.connectionState` names it. */
  onPeerState(state: string): void {
    if (state === "connected") this.#onConnected();
    else if (state === "disconnected") {
      this.#isConnected = false;
      if (this.isBySocket) return;
      this.#toSocketAfter(pathPatience.interruptedMs);
      this.#armOnce("repair", pathPatience.disconnectedMs, () => {
        this.mend();
      });
    } else if (state === "failed") {
      this.#isConnected = false;
      this.mend();
    }
  }

  /** A frame of the peer's track is on the screen. */
  onPeerFrame(): void {
    this.#wasPeerSeen = true;
    this.#disarm("socket");
    this.#disarm("frame");
    if (!this.isBySocket) return;
    this.#options.stopSocket();
    this.#peerSinceMs = this.#nowMs();
    this.#disarm("repair");
    this.#active = "webrtc";
  }

  /** Nothing of what comes by the WebSocket can be shown, and nothing will be. */
  onSocketFailed(): void {
    this.#isSocketBroken = true;
    if (!this.isBySocket) return;
    this.#active = "webrtc";
    if (this.#isConnected) {
      this.#options.showPeer();
      return;
    }
    if (this.#mode === "websocket" || this.#mode === "vnc") {
      this.close();
      this.#options.giveUp();
      return;
    }
    this.#hasAsked = false;
    this.mend();
  }

  /**
   * Whether the session encodes what the peer was offered. Where it does not for long, the last picture would stand on the
   * screen, with the connection in the best of health.
   */
  onEncoded(isEncoded: boolean): void {
    const isBack = isEncoded && !this.#isEncoded;
    this.#isEncoded = isEncoded;
    if (isBack) {
      this.#disarm("stream");
      if (this.isBySocket && this.#isConnected) this.#onConnected();
    } else if (!isEncoded && !this.isBySocket && this.#mayUseSocket)
      this.#armOnce("stream", pathPatience.unencodedMs, () => {
        if (this.isBySocket) return;
        this.#toSocket("unencoded");
        this.#retryLater();
      });
  }

  /** What comes by the peer is not decoded. A new peer would do no better, so it has to wait, as after one that was lost. */
  onStuck(): void {
    if (this.isBySocket) return;
    this.#peerSinceMs = this.#nowMs();
    this.mend("undecoded");
  }

  /** The peer failed. Asks for a new offer; the second time without a picture in between, gives up. */
  mend(trouble?: PeerTrouble): void {
    if (this.isBySocket) return; // Tries go on behind the picture.
    if (this.#mayUseSocket) {
      this.#toSocket(trouble);
      this.#retry(0);
      return;
    }
    if (this.#hasAsked) {
      this.close();
      this.#options.giveUp();
      return;
    }
    this.#hasAsked = true;
    this.#arm("repair", pathPatience.connectMs, () => {
      this.mend();
    });
    this.#options.askRestart();
  }

  /** The network is another one, or there is one again. */
  hurry(): void {
    if (this.isBySocket && !this.#timers.has("frame")) this.#retry(0);
  }

  /** Stops watching; idempotent. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #expectPeer(): void {
    this.#arm("repair", pathPatience.connectMs, () => {
      this.mend();
    });
    this.#toSocketAfter(pathPatience.firstPictureMs);
  }

  get #mayUseSocket(): boolean {
    return this.#mode !== "webrtc" && !this.#isSocketBroken;
  }

  #onConnected(): void {
    this.#isConnected = true;
    this.#hasAsked = false;
    if (!this.isBySocket) {
      this.#disarm("repair");
      return;
    }
    if (!this.#isEncoded) return; // It has nothing to show, and will be tried again.
    const heldOffMs = this.#socketSinceMs + this.#holdOffMs - this.#nowMs();
    if (heldOffMs > 0) {
      this.#retry(heldOffMs);
      return;
    }
    this.#disarm("repair");
    this.#options.showPeer();
    this.#arm("frame", pathPatience.peerFrameMs, () => {
      this.#isConnected = false;
      this.#lengthenHoldOff();
      this.#options.showSocket();
      this.#retry(Math.max(pathPatience.retryMs, this.#holdOffMs));
    });
  }

  #toSocketAfter(delayMs: number): void {
    if (!this.#mayUseSocket) return;
    this.#armOnce("socket", delayMs, () => {
      if (!this.isBySocket) this.#toSocket();
      this.#retryLater();
    });
  }

  /** @param trouble with the peer, where that is known. */
  #toSocket(trouble?: PeerTrouble): void {
    for (const timer of ["socket", "repair", "stream"] as const)
      this.#disarm(timer);
    if (this.#nowMs() - this.#peerSinceMs < pathPatience.flapMs)
      this.#lengthenHoldOff();
    else this.#holdOffMs = 0;
    this.#socketSinceMs = this.#nowMs();
    this.#active = "websocket";
    const isLate = !this.#wasPeerSeen && this.#options.hasPeerMedia();
    this.#peerTrouble = trouble ?? (isLate ? "late" : "unreachable");
    this.#options.startSocket();
  }

  #lengthenHoldOff(): void {
    this.#holdOffMs = Math.min(
      Math.max(pathPatience.holdOffMs, 2 * this.#holdOffMs),
      pathPatience.longestHoldOffMs,
    );
  }

  #retryLater(): void {
    const sinceMs = this.#nowMs() - this.#socketSinceMs;
    this.#retry(
      sinceMs < pathPatience.retrySlowlyAfterMs
        ? pathPatience.retryMs
        : pathPatience.retrySlowlyMs,
    );
  }

  /** Asks for a new offer after `delayMs`, and again and again until a peer connects; behind a picture alone. */
  #retry(delayMs: number): void {
    // The WebSocket may have failed as soon as it was asked: that is mended in another way, which comes to an end.
    if (this.#mode !== "auto" || !this.isBySocket) return;
    const heldOffMs = this.#socketSinceMs + this.#holdOffMs - this.#nowMs();
    this.#arm("repair", Math.max(delayMs, heldOffMs, 0), () => {
      this.#options.askRestart();
      this.#retryLater();
    });
  }

  #arm(name: Timers, delayMs: number, callback: () => void): void {
    this.#disarm(name);
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        callback();
      }, delayMs),
    );
  }

  /** Does nothing where that timer runs already. */
  #armOnce(name: Timers, delayMs: number, callback: () => void): void {
    if (!this.#timers.has(name)) this.#arm(name, delayMs, callback);
  }

  #disarm(name: Timers): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
