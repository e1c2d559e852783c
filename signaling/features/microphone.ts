/**
 * Lets viewers speak into the session, one at a time: the one who began last is heard, until it stops, leaves, or may
 * not act on the session any more. What the others send is dropped.
 */
import type { Clock } from "../../agent/base/clock.ts";
import type { MicrophoneEnding } from "../protocol/microphone.ts";
import { TokenBucket } from "../rate-limit.ts";
import type {
  OpenFeature,
  ViewerFeature,
  ViewerSide,
} from "../viewer-feature.ts";

/** What the feature needs of the session. */
export interface SpeechOutput {
  /** Somebody begins to speak. */
  open(): SpeechLine;
}

/** The way of one speaker's sound into the session. */
export interface SpeechLine {
  /** @param packet RTP with a plain 12-byte header and one packet of Opus. Must not throw. */
  play(packet: Buffer): void;
  /** It has stopped speaking; idempotent. */
  close(): void;
}

export interface MicrophoneOptions {
  output: SpeechOutput;
  /** Whether those may speak whose token only lets them look, once they were given control. */
  lookersMaySpeak: boolean;
  clock: Clock;
}

/**
 * Packets that are taken of a speaker. Browsers send 50 in a second, or 100; what comes at once may have waited in a
 * network.
 */
export const packetBounds = {
  ratePerSecond: 200,
  burst: 100,
  /** The largest packet of Opus has 1,275 bytes in a frame (RFC 6716, section 3.2.1); networks carry little more. */
  bytes: 1_500,
} as const;
/** How often one viewer may begin or stop: each is told to everybody. */
const wishes = { burst: 20, ratePerSecond: 4 } as const;

/** What of it belongs to one viewer. */
interface Seat {
  readonly viewer: ViewerSide;
  readonly packets: TokenBucket;
  /** Whether its flood was noted. */
  isNoted: boolean;
}

/** See the module's description. One for a session. */
export class SessionMicrophones {
  readonly #options: MicrophoneOptions;
  readonly #seats = new Set<Seat>();
  #speaker: { seat: Seat; line: SpeechLine } | undefined;

  constructor(options: MicrophoneOptions) {
    this.#options = options;
  }

  /** The feature, as each viewer has it. */
  readonly open: OpenFeature = (viewer) => {
    if (viewer.role !== "controller" && !this.#options.lookersMaySpeak)
      return { handlers: {}, close: () => undefined };
    const { clock } = this.#options;
    const seat: Seat = {
      viewer,
      packets: new TokenBucket({ clock, ...packetBounds }),
      isNoted: false,
    };
    this.#seats.add(seat);
    this.#tell(seat);
    return this.#featureOf(seat, new TokenBucket({ clock, ...wishes }));
  };

  #featureOf(seat: Seat, bucket: TokenBucket): ViewerFeature {
    const { viewer } = seat;
    return {
      handlers: {
        "microphone-start": () => {
          if (bucket.take()) this.#begin(seat);
          else
            viewer.report("too-many", "begin less often", "microphone-start");
        },
        "microphone-stop": () => {
          this.#end(seat);
        },
      },
      takeSpeech: (packet) => {
        this.#take(seat, packet);
      },
      controlLost: () => {
        this.#end(seat, "no-control");
      },
      close: () => {
        this.#seats.delete(seat);
        this.#end(seat);
      },
    };
  }

  #begin(seat: Seat): void {
    if (this.#speaker?.seat === seat) {
      this.#tell(seat);
      return;
    }
    if (this.#speaker !== undefined) this.#drop("taken");
    this.#speaker = { seat, line: this.#options.output.open() };
    seat.viewer.log.info("a viewer speaks");
    this.#tellAll();
  }

  /** @param ending what to tell it, where it did not ask for the end. */
  #end(seat: Seat, ending?: MicrophoneEnding): void {
    if (this.#speaker?.seat !== seat) return;
    this.#drop(ending);
    this.#tellAll();
  }

  #drop(ending: MicrophoneEnding | undefined): void {
    const speaker = this.#speaker;
    if (speaker === undefined) return;
    this.#speaker = undefined;
    const { seat, line } = speaker;
    line.close();
    seat.viewer.log.info({ ending }, "a viewer does not speak any more");
    if (ending !== undefined)
      seat.viewer.send({ type: "microphone-ended", reason: ending });
  }

  #take(seat: Seat, packet: Buffer): void {
    if (this.#speaker?.seat !== seat) return;
    // It was told of a loss before; this is for a feature that would be asked too late.
    if (!seat.viewer.mayControl()) {
      this.#end(seat, "no-control");
      return;
    }
    if (packet.length <= packetBounds.bytes && seat.packets.take()) {
      this.#speaker.line.play(packet);
      return;
    }
    if (seat.isNoted) return;
    seat.isNoted = true;
    seat.viewer.log.warn("a microphone sends more than sound; dropping it");
  }

  #tellAll(): void {
    for (const seat of this.#seats) this.#tell(seat);
  }

  #tell(seat: Seat): void {
    seat.viewer.send({
      type: "microphone",
      speaker: this.#speaker?.seat.viewer.viewerId ?? null,
    });
  }
}
