/**
 * The user's microphone, for programs of the session: off until the user turns it on, and off again when control is
 * lost or another viewer speaks.
 *
 * The agent's offer has a place for it from the start, so that turning it on needs no new negotiation. After a short
 * loss of the connection it goes on by itself: the browser shows all the while that the page listens.
 */
import type { ErrorName, ServerMessage } from "../../signaling/protocol.ts";
import type { AgentLink, ClientFeature } from "./feature.ts";
import type { MicrophoneState, MicrophoneTrouble } from "./microphone-state.ts";

/** So long is a microphone kept open for a connection that was lost. */
export const holdMs = 20_000;

/** A microphone that listens. */
export interface MicrophoneTrack {
  stop(): void;
  addEventListener(type: "ended", listener: () => void): void;
}

/** What carries a track to the agent. */
export interface MicrophoneSender<Track> {
  replaceTrack(track: Track | null): Promise<void>;
}

/** A device of the user. */
export interface MicrophoneDevice {
  readonly id: string;
  /** Empty until the user has allowed a microphone once. */
  readonly name: string;
}

/** The microphones of a browser. */
export interface MicrophoneSource<Track> {
  /** Opens one, which may ask the user. @param device its id; the browser's choice where absent or gone. */
  open(device: string | undefined): Promise<Track | MicrophoneTrouble>;
  devices(): Promise<MicrophoneDevice[]>;
  /** Tells how loud a track is until it is closed. */
  meter(track: Track): { readonly level: number; close(): void };
}

/** What the user's microphone depends on. */
export interface MicrophoneOptions<Track> {
  source: MicrophoneSource<Track>;
  /** Whether this page may act on the session now. */
  mayControl: () => boolean;
  /** Whether a peer connection carries picture and sound now. */
  isByPeer: () => boolean;
  onState: (state: MicrophoneState) => void;
}

/** See the module's description. */
export class Microphone<
  Track extends MicrophoneTrack,
> implements ClientFeature {
  readonly handlers = {
    microphone: (
      message: Extract<ServerMessage, { type: "microphone" }>,
    ): void => {
      this.#onSpeaker(message.speaker);
    },
    "microphone-ended": ({
      reason,
    }: Extract<ServerMessage, { type: "microphone-ended" }>): void => {
      this.#end(reason);
    },
    error: (message: Extract<ServerMessage, { type: "error" }>): void => {
      if (message.about === "microphone-start") this.#onRefused(message.error);
    },
  };
  readonly #options: MicrophoneOptions<Track>;
  #state: MicrophoneState = "unavailable";
  #link: AgentLink | undefined;
  /** Whether the agent has said, since its welcome, that this page may speak. */
  #isOffered = false;
  #speaker: string | undefined;
  #sender: MicrophoneSender<Track> | undefined;
  #track: Track | undefined;
  #meter: ReturnType<MicrophoneSource<Track>["meter"]> | undefined;
  #device: string | undefined;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what the user wants, so that a late answer of the browser is of no effect. */
  #wish = 0;

  constructor(options: MicrophoneOptions<Track>) {
    this.#options = options;
  }

  get state(): MicrophoneState {
    return this.#state;
  }

  /** Whether it is open, or about to be. */
  get isWanted(): boolean {
    return this.#track !== undefined || this.#state === "asking";
  }

  /** The viewer whom the session hears, this page or another. */
  get speaker(): string | undefined {
    return this.#speaker;
  }

  /** 0…1: how loud the user is; 0 while it is off. */
  get level(): number {
    if (this.#track === undefined) return 0;
    this.#meter ??= this.#options.source.meter(this.#track);
    return this.#meter.level;
  }

  /** Id of the device that was chosen. */
  get device(): string | undefined {
    return this.#device;
  }

  devices(): Promise<MicrophoneDevice[]> {
    return this.#options.source.devices();
  }

  /** Turns it on, which may ask the user, or off; what became of it is the state. */
  async turn(on: boolean): Promise<void> {
    if (!on) {
      this.#end("off");
      return;
    }
    if (!this.#isOffered || this.isWanted) return;
    if (!this.#options.mayControl()) this.#change("no-control");
    else if (this.#sender === undefined || !this.#options.isByPeer())
      this.#change("unreachable");
    else await this.#open();
  }

  /** Takes another device from now on. */
  async use(device: string | undefined): Promise<void> {
    this.#device = device;
    if (this.#track !== undefined) await this.#open();
  }

  /** A new peer connection can carry it; `undefined` where none can. What is on goes on there. */
  useSender(sender: MicrophoneSender<Track> | undefined): void {
    this.#sender = sender;
    if (this.#track !== undefined) this.#send(this.#track);
  }

  /** Picture and sound have taken another way; speech has the peer connection alone. */
  transportChanged(): void {
    if (this.#track !== undefined && this.#isOffered)
      this.#change(this.#options.isByPeer() ? "on" : "interrupted");
  }

  onOpen(link: AgentLink): void {
    this.#link = link;
  }

  onClosed(): void {
    this.#link = undefined;
    this.#isOffered = false;
    this.#sender = undefined;
    this.#speaker = undefined;
    if (this.#track === undefined) {
      this.#end("off");
      return;
    }
    this.#change("interrupted");
    clearTimeout(this.#holdTimer);
    this.#holdTimer = setTimeout(() => {
      this.#end("off");
    }, holdMs);
  }

  #onSpeaker(speaker: string | null): void {
    const isFirst = !this.#isOffered;
    this.#isOffered = true;
    this.#speaker = speaker ?? undefined;
    if (!isFirst) return;
    clearTimeout(this.#holdTimer);
    if (this.#track === undefined) this.#change("off");
    else this.#begin(this.#track);
  }

  #onRefused(error: ErrorName): void {
    this.#end(error === "no-control" ? "no-control" : "off");
  }

  async #open(): Promise<void> {
    this.#wish += 1;
    const wish = this.#wish;
    if (this.#track === undefined) this.#change("asking");
    const opened = await this.#options.source.open(this.#device);
    if (wish !== this.#wish) {
      if (typeof opened !== "string") opened.stop();
      return;
    }
    if (typeof opened === "string") this.#end(opened);
    else this.#begin(opened);
  }

  #begin(track: Track): void {
    if (track !== this.#track) {
      this.#dropTrack();
      this.#track = track;
      // Pulled out, or taken away by the user in the browser's own controls.
      track.addEventListener("ended", () => {
        if (this.#track === track) this.#end("missing");
      });
    }
    this.#link?.send({ type: "microphone-start" });
    this.#send(track);
    this.#change("on");
  }

  #send(track: Track | null): void {
    this.#sender?.replaceTrack(track).catch(() => {
      // The connection was closed meanwhile: the next one gets the track.
    });
  }

  #end(state: MicrophoneState): void {
    this.#wish += 1;
    clearTimeout(this.#holdTimer);
    if (this.#track !== undefined) {
      this.#dropTrack();
      this.#send(null);
      this.#link?.send({ type: "microphone-stop" });
    }
    this.#change(this.#isOffered ? state : "unavailable");
  }

  #dropTrack(): void {
    this.#track?.stop();
    this.#track = undefined;
    this.#meter?.close();
    this.#meter = undefined;
  }

  #change(state: MicrophoneState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }
}
