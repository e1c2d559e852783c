/**
 * How good the received pictures are: recorded packets, decoded, against the screen as X had it.
 */
import type { ChildSpawner } from "../../../agent/base/child-process.ts";
import { sleep } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import type { ScreenSize } from "../latency/options.ts";
import { median } from "../statistics.ts";
import { decodePictures, grabScreen } from "./decode.ts";
import {
  compareLuma,
  lumaOfBgrx,
  type Likeness,
  type LumaPicture,
  type Region,
} from "./picture-metrics.ts";
import {
  openCanvas,
  readNumber,
  textRegion,
  videoRegion,
  type Canvas,
} from "./scenes.ts";
import { startStream } from "./stream.ts";

/** One row of the result. */
export interface QualityResult {
  element: string;
  size: ScreenSize;
  frameRate: number;
  bitrateBps: number;
  /** A page of text that has just replaced a moving picture: the first frame of it. */
  textFirst: Likeness;
  /** The same page, {@link refineMs} later. */
  textRefined: Likeness;
  /** Median over pictures of a panned photograph. */
  video: Likeness;
  /** Mbit/s while the photograph moved. */
  videoMbps: number;
}

const x11TimeoutMs = 5_000;
/** As of the photograph in `bench-scenes.ts`: below the 30 Hz that would keep one phase to the display's 60. */
const videoRateHz = 29.7;
/** 2 s: rate control has settled when the first picture is judged. */
const videoPictures = 60;
const firstJudged = 31;
const judgedStep = 4;
/** Number of the page of text; no picture of the video has it. */
const textNumber = 1_000;
/** The host refines a still screen for at most a second. */
const refineMs = 1_300;

/** The screen as it was, in both matrices: VP8 has no word for the one it was made with. */
interface Reference {
  bt601: LumaPicture;
  bt709: LumaPicture;
}

/** A display with the pictures, and how each should look. */
export interface QualityStage extends AsyncDisposable {
  measure(what: {
    encoder: VideoEncoder;
    frameRate: number;
    bitrateBps: number;
  }): Promise<QualityResult>;
}

/**
 * Draws all pictures that are judged once, and keeps what the X server made of them.
 * @throws StreamSpaceError `display-unreachable`, `child-exited`, `timeout`, `aborted`.
 */
export async function openQualityStage(options: {
  /** `:7` */
  display: string;
  size: ScreenSize;
  spawner: ChildSpawner;
  signal: AbortSignal;
}): Promise<QualityStage> {
  const { display, signal } = options;
  await using opened = new AsyncDisposableStack();
  const x11 = opened.use(
    await openX11Connection({ display, timeoutMs: x11TimeoutMs, signal }),
  );
  const canvas = await openCanvas(x11);
  const references = new Map<number, Reference>();
  for (const number of [...judgedNumbers(), textNumber]) {
    draw(canvas, number);
    await x11.ping(x11TimeoutMs, signal);
    const pixels = await grabScreen(display, options);
    references.set(number, {
      bt601: lumaOfBgrx(pixels, options.size, "bt601"),
      bt709: lumaOfBgrx(pixels, options.size, "bt709"),
    });
  }
  const owned = opened.move();
  return {
    measure: (what) =>
      measureQuality({ ...options, ...what, canvas, references }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function judgedNumbers(): number[] {
  const count = Math.floor((videoPictures - 1 - firstJudged) / judgedStep) + 1;
  return Array.from(
    { length: count },
    (_, index) => firstJudged + index * judgedStep,
  );
}

function draw(canvas: Canvas, number: number): void {
  if (number === textNumber) canvas.showText(number);
  else canvas.showVideo(number);
}

interface MeasureOptions {
  display: string;
  size: ScreenSize;
  encoder: VideoEncoder;
  frameRate: number;
  bitrateBps: number;
  canvas: Canvas;
  references: ReadonlyMap<number, Reference>;
  spawner: ChildSpawner;
  signal: AbortSignal;
}

async function measureQuality(options: MeasureOptions): Promise<QualityResult> {
  const { encoder, size, frameRate, bitrateBps } = options;
  const { packets, videoMbps } = await perform(options);
  const received = new Received(options.references);
  await decodePictures(
    encoder.codec,
    packets,
    (picture) => {
      received.see(picture);
    },
    options,
  );
  const { first, last, video } = received;
  const text = textRegion(size);
  return {
    element: encoder.element,
    size,
    frameRate,
    bitrateBps,
    textFirst: judge(options, textNumber, first.get(textNumber), text),
    textRefined: judge(options, textNumber, last, text),
    video: medianLikeness(
      [...video].map(([number, picture]) =>
        judge(options, number, picture, videoRegion(size)),
      ),
    ),
    videoMbps,
  };
}

/** Shows all pictures to the encoder. @returns its packets, from its first key frame on. */
async function perform(
  options: MeasureOptions,
): Promise<{ packets: readonly Buffer[]; videoMbps: number }> {
  const { canvas, signal } = options;
  draw(canvas, 0);
  await using stream = await startStream({ ...options, runner: "host" });
  const packets = stream.record();
  // What came before the recording is missing, so a decoder can begin only here.
  stream.source.requestKeyFrame();
  await sleep(refineMs, signal);
  const startMs = performance.now();
  const startBytes = stream.counts.bytes;
  for (let number = 0; number < videoPictures; number += 1) {
    draw(canvas, number);
    // Due times are counted from the start, so that a late picture does not delay all that follow.
    const dueMs = startMs + ((number + 1) / videoRateHz) * 1_000;
    await sleep(Math.max(dueMs - performance.now(), 1), signal);
  }
  const elapsedMs = performance.now() - startMs;
  const bits = (stream.counts.bytes - startBytes) * 8;
  draw(canvas, textNumber);
  await sleep(refineMs, signal);
  return { packets, videoMbps: bits / elapsedMs / 1_000 };
}

/** Keeps the pictures that are judged. */
class Received {
  /** The first picture of the page of text. */
  readonly first = new Map<number, LumaPicture>();
  readonly video = new Map<number, LumaPicture>();
  last: LumaPicture | undefined;
  readonly #references: ReadonlyMap<number, Reference>;

  constructor(references: ReadonlyMap<number, Reference>) {
    this.#references = references;
  }

  see(picture: LumaPicture): void {
    const number = readNumber(picture);
    if (number === undefined || !this.#references.has(number)) return;
    const kept = { ...picture, luma: Uint8Array.from(picture.luma) };
    if (number !== textNumber) {
      this.video.set(number, kept);
      return;
    }
    if (!this.first.has(number)) this.first.set(number, kept);
    this.last = kept;
  }
}

function judge(
  { references, encoder, bitrateBps }: MeasureOptions,
  number: number,
  picture: LumaPicture | undefined,
  region: Region,
): Likeness {
  const reference = references.get(number);
  if (picture === undefined || reference === undefined) {
    throw new StreamSpaceError(
      "internal",
      `${encoder.element} at ${bitrateBps} bit/s sent no picture ${number} that can be read`,
    );
  }
  // A wrong matrix is what the test of colours is for; here it would hide what the encoder does.
  const [bt601, bt709] = [reference.bt601, reference.bt709].map((luma) =>
    compareLuma(luma, picture, region),
  );
  if (bt601 === undefined || bt709 === undefined)
    throw new StreamSpaceError("internal", "there are two matrices");
  return bt601.psnrDb > bt709.psnrDb ? bt601 : bt709;
}

function medianLikeness(likenesses: readonly Likeness[]): Likeness {
  return {
    psnrDb: median(likenesses.map(({ psnrDb }) => psnrDb)),
    ssim: median(likenesses.map(({ ssim }) => ssim)),
  };
}
