/**
 * A GStreamer pipeline in this process: frames in through an `appsrc`, events out from its bus, and word of
 * every frame that left the encoder.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import {
  newPollFd,
  readFlags,
  readGError,
  readMessage,
  watchReadable,
  type Pointer,
} from "../gstreamer-library.ts";
import { readBusMessage, type BusMessage } from "./bus-message.ts";
import {
  bufferFlagDeltaUnit,
  flowOk,
  gstMessageType,
  gstState,
  stateChangeFailure,
  type GStreamer,
  type OutPointer,
} from "./gstreamer.ts";
import { hostElements } from "./host-pipeline.ts";
import { quantiserHeadBytes, type QuantiserReader } from "./quantiser.ts";

/** A frame that left the encoder. */
export interface EncodedFrame {
  bytes: number;
  isKeyFrame: boolean;
  /** Its share of the coarsest, 0–1; `undefined` where it cannot be read. */
  quantiser: number | undefined;
}

/** Is told what happens in a pipeline. */
export interface PipelineHandler {
  onEncoded(frame: EncodedFrame): void;
  onBusMessage(message: BusMessage): void;
  /** An element drops frames because it is late; totals since it started. */
  onQos(stats: { processed: number; dropped: number }): void;
  /** The pipeline ended, which no pipeline of a screen should. */
  onEnd(): void;
}

/** The pull for the next frame comes back after this at the latest, so that it cannot outlive its pipeline for long. */
const pullTimeoutNs = 1_000_000_000;

/** See the module's description. It runs until the process ends. */
export class GstPipeline {
  readonly #gstreamer: GStreamer;
  readonly #handler: PipelineHandler;
  readonly #pipeline: Pointer;
  readonly #source: Pointer;
  readonly #encoder: Pointer;
  readonly #meter: Pointer;
  readonly #encoderOutput: Pointer | null;
  readonly #quantiserOf: QuantiserReader | undefined;
  readonly #head = Buffer.alloc(quantiserHeadBytes);
  #delayNs = 0n;
  #clock: Pointer | undefined;
  #baseTimeNs = 0n;
  #isClosed = false;
  #stopWatching: (() => void) | undefined;

  /**
   * @param words a launch description, one word each, see `host-pipeline.ts`.
   * @param quantiserOf reads that of its frames.
   * @throws StreamSpaceError `missing-element` where the description cannot be built.
   */
  constructor(
    gstreamer: GStreamer,
    words: readonly string[],
    handler: PipelineHandler,
    quantiserOf?: QuantiserReader,
  ) {
    this.#gstreamer = gstreamer;
    this.#handler = handler;
    this.#quantiserOf = quantiserOf;
    const error: OutPointer = [null];
    const pipeline = gstreamer.core.parseLaunchv([...words, null], error);
    if (error[0] !== null || pipeline === null) {
      const text = error[0] === null ? "unknown" : readGError(error[0]).text;
      throw new StreamSpaceError(
        "missing-element",
        `GStreamer cannot build the pipeline: ${text}`,
      );
    }
    this.#pipeline = pipeline;
    this.#source = this.#element(hostElements.source);
    this.#encoder = this.#element(hostElements.encoder);
    this.#meter = this.#element(hostElements.meter);
    this.#encoderOutput = gstreamer.core.getStaticPad(this.#encoder, "src");
  }

  /**
   * Starts it; frames of `caps` may follow.
   * @throws StreamSpaceError `missing-element` where an element refuses, e.g. for want of its device.
   */
  start(caps: string): void {
    const { core } = this.#gstreamer;
    this.setCaps(caps);
    this.#watchBus();
    if (
      core.setState(this.#pipeline, gstState.playing) === stateChangeFailure
    ) {
      this.#readBus();
      throw new StreamSpaceError(
        "missing-element",
        "an element of the pipeline refuses to start",
      );
    }
    this.#pull();
  }

  /** Sets the format of the frames that follow. Encoders answer a new size with a key frame. */
  setCaps(caps: string): void {
    const { core, app } = this.#gstreamer;
    const parsed = core.capsFromString(caps);
    if (parsed === null) {
      throw new StreamSpaceError("internal", `"${caps}" are no caps`);
    }
    app.setCaps(this.#source, parsed);
    core.unref(parsed);
  }

  /** Time since the pipeline started, on its clock, in nanoseconds: the timestamp of a frame taken now. */
  runningTimeNs(): bigint {
    const { core } = this.#gstreamer;
    if (this.#clock === undefined) {
      this.#clock = core.getClock(this.#pipeline) ?? undefined;
      this.#baseTimeNs = BigInt(core.baseTime(this.#pipeline));
    }
    if (this.#clock === undefined) return 0n;
    return BigInt(core.clockTime(this.#clock)) - this.#baseTimeNs;
  }

  /** What leaves the encoder from the next frame on is this much later than it went in, see `encoder-time.ts`. */
  setDelay(delayNs: bigint): void {
    if (delayNs === this.#delayNs || this.#encoderOutput === null) return;
    this.#delayNs = delayNs;
    this.#gstreamer.core.setPadOffset(this.#encoderOutput, delayNs);
  }

  /** Gives `buffer` to the pipeline, which owns it from then on. @returns whether it was taken. */
  push(buffer: Pointer): boolean {
    return this.#gstreamer.app.pushBuffer(this.#source, buffer) === flowOk;
  }

  /**
   * Makes the next frame a key frame with its parameter sets.
   * @param dueNs after the frame before, before the next one, see `EncoderTime.keyFrameDueNs`.
   */
  forceKeyFrame(dueNs: bigint): void {
    const { core, video } = this.#gstreamer;
    core.sendEvent(this.#encoder, video.forceKeyUnit(dueNs, 1, 0));
  }

  /** Sets a property of the encoder while it runs. */
  setEncoderProperty(name: string, value: number): void {
    this.#gstreamer.core.setProperty(this.#encoder, name, String(value));
  }

  /** Stops listening. The threads of the pipeline end with the process. */
  close(): void {
    this.#isClosed = true;
    this.#stopWatching?.();
  }

  #element(name: string): Pointer {
    const element = this.#gstreamer.core.binGetByName(this.#pipeline, name);
    if (element !== null) return element;
    throw new StreamSpaceError(
      "missing-element",
      `the pipeline has no element called ${name}`,
    );
  }

  #pull(): void {
    this.#gstreamer.app.tryPullSample.async(
      this.#meter,
      pullTimeoutNs,
      (_error, sample) => {
        if (this.#isClosed) return;
        if (sample !== null) this.#onSample(sample);
        this.#pull();
      },
    );
  }

  #onSample(sample: Pointer): void {
    const { core } = this.#gstreamer;
    const buffer = core.sampleGetBuffer(sample);
    const frame =
      buffer === null
        ? undefined
        : {
            bytes: Number(core.bufferSize(buffer)),
            isKeyFrame: (readFlags(buffer) & bufferFlagDeltaUnit) === 0,
            quantiser: this.#readQuantiser(buffer),
          };
    core.unref(sample);
    if (frame !== undefined) this.#handler.onEncoded(frame);
  }

  #readQuantiser(buffer: Pointer): number | undefined {
    if (this.#quantiserOf === undefined) return undefined;
    const { core } = this.#gstreamer;
    const bytes = core.bufferExtract(buffer, 0, this.#head, quantiserHeadBytes);
    return this.#quantiserOf(this.#head.subarray(0, Number(bytes)));
  }

  #watchBus(): void {
    const { core } = this.#gstreamer;
    const pollFd = newPollFd();
    core.busPollFd(core.getBus(this.#pipeline), pollFd.pointer);
    this.#stopWatching = watchReadable(pollFd.fd(), () => {
      this.#readBus();
    });
  }

  #readBus(): void {
    const { core } = this.#gstreamer;
    const bus = core.getBus(this.#pipeline);
    for (;;) {
      const message = core.busPop(bus);
      if (message === null) break;
      this.#onMessage(message);
      core.unref(message);
    }
    core.objectUnref(bus);
  }

  #onMessage(message: Pointer): void {
    const { core } = this.#gstreamer;
    const { type } = readMessage(message);
    switch (type) {
      case gstMessageType.error:
      case gstMessageType.warning:
        this.#handler.onBusMessage(readBusMessage(this.#gstreamer, message));
        break;
      case gstMessageType.qos: {
        const processed: [number | bigint] = [0];
        const dropped: [number | bigint] = [0];
        core.parseQosStats(message, [0], processed, dropped);
        this.#handler.onQos({
          processed: Number(processed[0]),
          dropped: Number(dropped[0]),
        });
        break;
      }
      case gstMessageType.latency:
        core.recalculateLatency(this.#pipeline);
        break;
      case gstMessageType.endOfStream:
        this.#handler.onEnd();
        break;
    }
  }
}
