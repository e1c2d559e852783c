/**
 * The host's work: screen → frame slots → pipeline, in the rhythm of {@link FrameSchedule}.
 *
 * Everything happens in callbacks of one thread; encoding, packetising and writing in one of GStreamer's.
 */
import {
  StreamSpaceError,
  toStreamSpaceError,
} from "../../agent/base/errors.ts";
import type { HostCommand, HostConfig, HostEvent } from "./control.ts";
import { frameCaps, frameLayout } from "./frame-layout.ts";
import { FrameSchedule } from "./frame-schedule.ts";
import { FrameSlots } from "./frame-slots.ts";
import { evenSize, type Size } from "./geometry.ts";
import { GstPipeline, type EncodedFrame } from "./gst-pipeline.ts";
import type { GStreamer } from "./gstreamer.ts";
import { encoderProperties, nominalFps } from "./host-pipeline.ts";
import { EncoderTime } from "./encoder-time.ts";
import { PixelConverter } from "./pixel-converter.ts";
import { quantiserReaders } from "./quantiser.ts";
import { RateGovernor, type GovernedRate } from "./rate-governor.ts";
import { ScreenCapture } from "./screen-capture.ts";
import { StageTimer } from "./stage-times.ts";

/** What a host is made from. */
export interface VideoHostOptions {
  config: HostConfig;
  /** Words of the launch description. */
  words: readonly string[];
  gstreamer: GStreamer;
  emit: (event: HostEvent) => void;
  /** The host cannot go on. */
  onFailed: (error: StreamSpaceError) => void;
}

/** A free slot is looked for this often while there is none; the encoder gives no sign when it lets go of one. */
const slotRetryMs = 2;
/** A frame that left no trace for this long was swallowed by the encoder, where its slot is free again. */
const swallowedMs = 200;

/** See the module's description. */
export class VideoHost {
  readonly #options: VideoHostOptions;
  readonly #gstreamer: GStreamer;
  readonly #pipeline: GstPipeline;
  readonly #schedule: FrameSchedule;
  readonly #governor: RateGovernor;
  readonly #encoderTime = new EncoderTime();
  readonly #times = {
    wait: new StageTimer(),
    grab: new StageTimer(),
    convert: new StageTimer(),
    encode: new StageTimer(),
  };
  readonly #counts = {
    grabbed: 0,
    pushed: 0,
    repeated: 0,
    encoded: 0,
    encodedBytes: 0,
    keyFrames: 0,
    skipped: 0,
  };
  #frameRate: number;
  #targetBps: number;
  #capture: ScreenCapture | undefined;
  #slots: FrameSlots | undefined;
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;
  /** Time of the first change that has not been grabbed; `undefined` where there is none. */
  #changeMs: number | undefined;
  /** Since when a frame has been due; `undefined` where none is, or where it was just pushed. */
  #dueSinceMs: number | undefined;
  #grabMs = 0;
  #grabPtsNs = 0n;
  #pushedMs = 0;
  /** Values that the encoder's properties of its rate have. */
  readonly #toldRate = new Map<string, number>();

  constructor(options: VideoHostOptions) {
    const { config } = options;
    this.#options = options;
    this.#gstreamer = options.gstreamer;
    this.#frameRate = config.frameRate;
    this.#targetBps = config.targetBps;
    this.#schedule = new FrameSchedule(config);
    this.#governor = new RateGovernor(config);
    this.#pipeline = new GstPipeline(
      options.gstreamer,
      options.words,
      {
        onEncoded: (frame) => {
          this.#onEncoded(frame);
        },
        onBusMessage: (message) => {
          options.emit({ type: "bus", ...message });
          if (message.severity === "error") {
            this.#fail(`${message.source}: ${message.text}`);
          }
        },
        onQos: (stats) => {
          options.emit({ type: "qos", ...stats });
        },
        onEnd: () => {
          this.#fail("the pipeline ended by itself");
        },
      },
      config.codec && quantiserReaders[config.codec],
    );
  }

  /**
   * Opens the display, starts the pipeline and sends a first frame.
   * @throws StreamSpaceError `display-unreachable`, `missing-element`, `missing-program`.
   */
  async start(): Promise<void> {
    const { config, emit, onFailed } = this.#options;
    this.#capture = await ScreenCapture.open(config, {
      onChange: () => {
        this.#onChange();
      },
      onClosed: onFailed,
    });
    const caps = this.#makeSlots(this.#capture.size);
    this.#applyRate();
    this.#pipeline.start(caps);
    emit({
      type: "started",
      ...evenSize(this.#capture.size),
      gstreamer: this.#gstreamer.core.versionString(),
      capture: "mit-shm",
    });
    this.#onChange();
  }

  /** Does what a command says. */
  obey(command: HostCommand): void {
    switch (command.type) {
      case "setTargetBps":
        this.#targetBps = command.targetBps;
        this.#applyRate();
        break;
      case "setFps":
        this.#frameRate = command.frameRate;
        this.#applyRate();
        break;
      case "requestKeyFrame":
        this.#pipeline.forceKeyFrame(this.#encoderTime.keyFrameDueNs);
        this.#schedule.onFrameWanted();
        break;
    }
    this.#advance();
  }

  /** Says that the host lives, and what it did. */
  beat(): void {
    const nowMs = performance.now();
    const pendingMs = this.#schedule.inFlight > 0 ? nowMs - this.#pushedMs : 0;
    const waitingMs = nowMs - (this.#dueSinceMs ?? nowMs);
    if (pendingMs > swallowedMs && this.#slots?.areAllFree === true) {
      this.#schedule.onSwallowed();
      this.#advance();
    }
    this.#options.emit({
      type: "beat",
      ...this.#counts,
      pendingMs: Math.round(pendingMs),
      waitingMs: Math.round(waitingMs),
      wait: this.#times.wait.take(),
      grab: this.#times.grab.take(),
      convert: this.#times.convert.take(),
      encode: this.#times.encode.take(),
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#isBusy = true;
    this.#capture?.close();
    this.#pipeline.close();
  }

  #applyRate(): void {
    const rate = { targetBps: this.#targetBps, frameRate: this.#frameRate };
    this.#schedule.setRate(rate);
    this.#governor.setRate(rate);
    this.#tellRate(this.#governor.rate);
  }

  #tellRate(rate: GovernedRate): void {
    const { rateControl } = this.#options.config;
    // Before it runs each encoder takes a rate; from then on some refuse, and the agent starts another child.
    if (!rateControl.whileRunning && this.#toldRate.size > 0) return;
    const properties = encoderProperties(rateControl, rate);
    for (const [name, value] of Object.entries(properties)) {
      if (this.#toldRate.get(name) === value) continue;
      this.#toldRate.set(name, value);
      this.#pipeline.setEncoderProperty(name, value);
    }
  }

  /** @returns the caps of the frames that the new slots make. */
  #makeSlots(size: Size): string {
    const { pixelFormat, matrix } = this.#options.config;
    const layout = frameLayout(pixelFormat, evenSize(size), matrix);
    this.#slots?.close();
    this.#slots = new FrameSlots(this.#gstreamer, new PixelConverter(layout));
    return frameCaps(layout, nominalFps);
  }

  #onChange(): void {
    this.#schedule.onChange();
    if (this.#changeMs === undefined) {
      this.#changeMs = performance.now();
      if (this.#schedule.inFlight > 0) this.#counts.skipped += 1;
    }
    this.#advance();
  }

  /** Does what is due, and sees to it that it is called again when something else will be. */
  #advance(): void {
    if (this.#isBusy) return;
    const nowMs = performance.now();
    const decision = this.#schedule.decide(nowMs);
    clearTimeout(this.#timer);
    const isDue = decision.kind === "grab" || decision.kind === "repeat";
    this.#dueSinceMs = isDue ? (this.#dueSinceMs ?? nowMs) : undefined;
    switch (decision.kind) {
      case "grab":
        if (this.#capture?.needsSize === true) void this.#resize();
        else if (this.#slots?.isFree === true) this.#grab(nowMs);
        else this.#wakeAfter(slotRetryMs);
        break;
      case "repeat":
        if (this.#slots?.isFree === true) this.#repeat(nowMs);
        else this.#wakeAfter(slotRetryMs);
        break;
      case "wait":
        this.#wakeAfter(decision.untilMs - nowMs);
        break;
      case "idle":
        break;
    }
  }

  #wakeAfter(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#advance();
    }, delayMs);
  }

  #grab(nowMs: number): void {
    this.#isBusy = true;
    this.#schedule.onGrab(nowMs);
    this.#capture?.grab({
      onBegin: () => {
        this.#grabMs = performance.now();
        this.#times.wait.add(this.#grabMs - (this.#changeMs ?? this.#grabMs));
        this.#grabPtsNs = this.#pipeline.runningTimeNs();
      },
      onGrabbed: (changed) => {
        this.#times.grab.add(performance.now() - this.#grabMs);
        this.#counts.grabbed += 1;
        this.#changeMs = undefined;
        this.#schedule.onGrabbed();
        this.#slots?.markStale(changed);
        this.#push(this.#grabPtsNs);
        this.#isBusy = false;
      },
      onStale: () => {
        this.#isBusy = false;
        this.#onChange();
      },
    });
  }

  #repeat(nowMs: number): void {
    this.#schedule.onRepeat(nowMs);
    this.#counts.repeated += 1;
    this.#push(this.#pipeline.runningTimeNs());
  }

  #push(ptsNs: bigint): void {
    if (this.#capture === undefined || this.#slots === undefined) return;
    const startMs = performance.now();
    const time = this.#encoderTime.next(ptsNs);
    const buffer = this.#slots.makeBuffer(this.#capture.picture, time.ptsNs);
    if (buffer === undefined) return;
    this.#pipeline.setDelay(time.delayNs);
    const rate = this.#governor.onFrame(startMs);
    if (rate !== undefined && !this.#options.config.rateControl.costsKeyFrame)
      this.#tellRate(rate);
    this.#pushedMs = performance.now();
    this.#times.convert.add(this.#pushedMs - startMs);
    if (!this.#pipeline.push(buffer)) {
      this.#fail("the pipeline does not take frames any more");
      return;
    }
    this.#dueSinceMs = undefined;
    this.#counts.pushed += 1;
    this.#schedule.onPushed(this.#pushedMs);
  }

  #onEncoded(frame: EncodedFrame): void {
    this.#times.encode.add(performance.now() - this.#pushedMs);
    this.#counts.encoded += 1;
    this.#counts.encodedBytes += frame.bytes;
    if (frame.isKeyFrame) this.#counts.keyFrames += 1;
    this.#schedule.onEncoded(frame.bytes, frame.quantiser);
    this.#governor.onEncoded(frame);
    this.#advance();
  }

  async #resize(): Promise<void> {
    const capture = this.#capture;
    if (capture === undefined) return;
    this.#isBusy = true;
    try {
      await capture.applySize();
      this.#pipeline.setCaps(this.#makeSlots(capture.size));
      this.#options.emit({ type: "resized", ...evenSize(capture.size) });
      this.#dueSinceMs = undefined; // The server answers, and a new size may follow this one at once.
      this.#isBusy = false;
      this.#onChange();
    } catch (error) {
      this.#options.onFailed(toStreamSpaceError(error));
    }
  }

  #fail(message: string): void {
    this.#options.onFailed(new StreamSpaceError("child-exited", message));
  }
}
