/**
 * Decides when a media connection needs a new offer, and when it is beyond repair.
 *
 * The WebSocket often survives what kills the media path (a changed address, a lost mapping in a
 * router), so a new offer over it is tried once before everything is dropped.
 */

/** How long each kind of trouble may last. */
export const repairPatience = {
  /** From welcome, or from asking for a new offer, to a connection. */
  connectMs: 15_000,
  /** ICE often comes back from `disconnected` by itself. */
  disconnectedMs: 5_000,
} as const;

/** See the module's description. */
export class MediaRepair {
  readonly #askRestart: () => void;
  readonly #giveUp: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = false;

  constructor(options: { askRestart: () => void; giveUp: () => void }) {
    this.#askRestart = options.askRestart;
    this.#giveUp = options.giveUp;
  }

  /** From now on a connection is expected. */
  begin(): void {
    this.#asked = false;
    this.#arm(repairPatience.connectMs);
  }

  /** The connection's state, as `RTCPeerConnection.connectionState` names it. */
  onPeerState(state: string): void {
    if (state === "connected") {
      this.#asked = false;
      this.#disarm();
    } else if (state === "disconnected") {
      if (this.#timer === undefined) this.#arm(repairPatience.disconnectedMs);
    } else if (state === "failed") {
      this.mend();
    }
  }

  /** Asks for a new offer; the second time without a connection in between, gives up. */
  mend(): void {
    if (this.#asked) {
      this.close();
      this.#giveUp();
      return;
    }
    this.#asked = true;
    this.#arm(repairPatience.connectMs);
    this.#askRestart();
  }

  /** Stops watching; idempotent. */
  close(): void {
    this.#disarm();
  }

  #arm(delayMs: number): void {
    this.#disarm();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.mend();
    }, delayMs);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
