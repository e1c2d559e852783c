/**
 * The user's microphone, for programs of the session: off until the user turns it on, and off again when control is
 * lost.
 *
 * The agent's offer has a place for it from the start, so that turning it on needs no new negotiation.
 */
import type { ServerMessage } from "../../signaling/protocol.ts";
import type { ClientFeature } from "./feature.ts";

/** `unavailable`: the session has none, or this token may not speak. */
export type MicrophoneState =
  "unavailable" | "off" | "asking" | "on" | MicrophoneTrouble;

/** Why it could not be turned on. */
export type MicrophoneTrouble =
  /** The user, or a rule of the page, does not allow it. */
  | "denied"
  /** There is no device, or another program has it. */
  | "missing"
  /** Browsers give a microphone to pages by HTTPS, and of this machine, only. */
  | "insecure"
  /** The connection is one that carries no sound to the session. */
  | "unreachable";

const constraints: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** See the module's description. */
export class Microphone implements ClientFeature {
  readonly handlers = {
    welcome: ({
      microphone = false,
    }: Extract<ServerMessage, { type: "welcome" }>): void => {
      this.#isOffered = microphone;
      this.#change(microphone ? "off" : "unavailable");
    },
  };
  readonly #onState: (state: MicrophoneState) => void;
  #state: MicrophoneState = "unavailable";
  #isOffered = false;
  #sender: RTCRtpSender | undefined;
  #track: MediaStreamTrack | undefined;
  /** Counts what the user wants, so that a late answer of the browser is of no effect. */
  #wish = 0;

  constructor(options: { onState: (state: MicrophoneState) => void }) {
    this.#onState = options.onState;
  }

  get state(): MicrophoneState {
    return this.#state;
  }

  /** A new peer connection can carry it; `undefined` where there is none any more. What is on goes on there. */
  useSender(sender: RTCRtpSender | undefined): void {
    this.#sender = sender;
    if (this.#track === undefined) return;
    if (sender === undefined) return;
    void this.#send(sender, this.#track);
  }

  /** Turns it on, which asks the user, or off. */
  async set(on: boolean): Promise<void> {
    this.#wish += 1;
    const wish = this.#wish;
    if (!this.#isOffered) return;
    if (!on) {
      this.#end("off");
      return;
    }
    if (this.#track !== undefined) return;
    if (!("mediaDevices" in navigator)) {
      this.#change("insecure");
      return;
    }
    if (this.#sender === undefined) {
      this.#change("unreachable");
      return;
    }
    this.#change("asking");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: constraints,
      });
      const [track] = stream.getAudioTracks();
      if (wish !== this.#wish || track === undefined) {
        for (const each of stream.getTracks()) each.stop();
        return;
      }
      this.#begin(track);
    } catch (error) {
      if (wish === this.#wish) this.#change(troubleOf(error));
    }
  }

  /** Control was lost, and with it the right to speak. */
  silence(): void {
    if (this.#track !== undefined || this.#state === "asking")
      void this.set(false);
  }

  onClosed(): void {
    this.#wish += 1;
    this.#isOffered = false;
    this.#sender = undefined;
    this.#end("unavailable");
  }

  #begin(track: MediaStreamTrack): void {
    this.#track = track;
    // Pulled out, or taken away by the user in the browser's own controls.
    track.addEventListener("ended", () => {
      if (this.#track === track) this.#end("off");
    });
    if (this.#sender !== undefined) void this.#send(this.#sender, track);
    this.#change("on");
  }

  async #send(
    sender: RTCRtpSender,
    track: MediaStreamTrack | null,
  ): Promise<void> {
    try {
      await sender.replaceTrack(track);
    } catch {
      // The connection was closed meanwhile: the next one gets the track.
    }
  }

  #end(state: MicrophoneState): void {
    this.#track?.stop();
    this.#track = undefined;
    if (this.#sender !== undefined) void this.#send(this.#sender, null);
    this.#change(state);
  }

  #change(state: MicrophoneState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}

function troubleOf(error: unknown): MicrophoneTrouble {
  const name = error instanceof DOMException ? error.name : "";
  return name === "NotAllowedError" || name === "SecurityError"
    ? "denied"
    : "missing";
}
