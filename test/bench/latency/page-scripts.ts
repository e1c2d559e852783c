/**
 * The part of the benchmark that runs in the page: reads the barcode from each picture that is presented.
 *
 * The functions are sent to the page as source text, so each uses nothing but its arguments and
 * {@link PageScope}; they meet there.
 *
 * What "presented" means, for both kinds of page alike: the `now` of the callback, which is the time of the
 * rendering update whose picture is the first with the change. A video calls back through
 * requestVideoFrameCallback, a canvas is looked at in every requestAnimationFrame; both run in the same
 * rendering updates, 60 a second, so that both wait for the display's next refresh, 8 ms on average.
 * `presentationTime` would leave this wait out: without a jitter buffer it is the time of decoding. Only where
 * that is later than `now`, because the update ran late on a busy machine, it is taken instead.
 * The scan-out of a monitor would come on top of both.
 */
import type { Page } from "playwright-core";
import { barcodeLayout } from "./barcode.ts";

/** What the page saw. */
export interface FrameLog {
  /** The cells of each picture that differs from the one before, see `encodeBarcode`. */
  words: number[];
  /** When each was presented, on the page's `performance.now()`. */
  presentedMs: number[];
  /** Pictures that came when the log was full. */
  dropped: number;
}

/** The page's global object: what the scripts add, and the few names of the DOM that they use. */
interface PageScope {
  benchReadWord(picture: Picture): number;
  /** How many pictures the log has. */
  benchCount(): number;
  /** Empties the log. */
  benchTake(): FrameLog;
  /** Bytes that all connections of the page received over UDP or TCP; 0 where it made none. */
  benchReceivedBytes(): Promise<number>;
  document: {
    createElement(name: "canvas"): Canvas;
    querySelector(selector: "video"): Video | null;
    querySelector(selector: string): Picture | null;
  };
  requestAnimationFrame(callback: (nowMs: number) => void): void;
  RTCPeerConnection: PeerConnectionClass;
}
interface Picture {
  width: number;
  height: number;
}
interface Video extends Picture {
  requestVideoFrameCallback(
    callback: (nowMs: number, frame: { presentationTime: number }) => void,
  ): void;
}
interface Canvas extends Picture {
  getContext(kind: "2d", options: { willReadFrequently: boolean }): Context2d;
}
interface Context2d {
  drawImage(picture: Picture, ...areas: number[]): void;
  getImageData(
    ...area: [x: number, y: number, width: number, height: number]
  ): { data: Uint8ClampedArray };
}
type PeerConnectionClass = new (...args: unknown[]) => {
  getStats(): Promise<Map<string, { type: string; bytesReceived?: number }>>;
};

/** Pictures that the log holds; a display shows fewer in ten minutes. */
const frameCapacity = 40_000;

/** Puts the scripts into every document that the page loads from now on. */
export async function addPageScripts(page: Page): Promise<void> {
  await page.addInitScript(installByteCounter);
  await page.addInitScript(installBarcodeReader, { ...barcodeLayout });
  await page.addInitScript(installFrameLog, frameCapacity);
}

/** How many pictures were seen since the last {@link takeFrames}. */
export async function countFrames(page: Page): Promise<number> {
  return await page.evaluate(() =>
    (globalThis as unknown as PageScope).benchCount(),
  );
}

/** The pictures that were seen since the last call. */
export async function takeFrames(page: Page): Promise<FrameLog> {
  return await page.evaluate(() =>
    (globalThis as unknown as PageScope).benchTake(),
  );
}

/** Bytes that the page's RTCPeerConnections have received so far. */
export async function receivedBytes(page: Page): Promise<number> {
  return await page.evaluate(() =>
    (globalThis as unknown as PageScope).benchReceivedBytes(),
  );
}

/** Keeps every RTCPeerConnection that the page makes, to ask it for its statistics. */
function installByteCounter(): void {
  const page = globalThis as unknown as PageScope;
  const Original = page.RTCPeerConnection;
  const peers: InstanceType<PeerConnectionClass>[] = [];
  page.RTCPeerConnection = class extends Original {
    constructor(...args: unknown[]) {
      super(...args);
      peers.push(this);
    }
  };
  page.benchReceivedBytes = async () => {
    let bytes = 0;
    for (const peer of peers) {
      for (const entry of (await peer.getStats()).values()) {
        if (entry.type === "transport") bytes += entry.bytesReceived ?? 0;
      }
    }
    return bytes;
  };
}

/** Reads the cells from the middle of each, averaged over 4×4 pixels. */
function installBarcodeReader(layout: {
  x: number;
  y: number;
  columns: number;
  rows: number;
  cellPx: number;
}): void {
  const page = globalThis as unknown as PageScope;
  const { x, y, columns, rows, cellPx } = layout;
  const canvas = page.document.createElement("canvas");
  const width = (canvas.width = columns * cellPx);
  const height = (canvas.height = rows * cellPx);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  page.benchReadWord = (picture) => {
    context.drawImage(picture, x, y, width, height, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    let word = 0;
    for (let cell = 0; cell < columns * rows; cell += 1) {
      const left = (cell % columns) * cellPx + cellPx / 2 - 2;
      const top = Math.floor(cell / columns) * cellPx + cellPx / 2 - 2;
      let green = 0;
      for (let pixel = 0; pixel < 16; pixel += 1) {
        const at = (top + (pixel >> 2)) * width + left + (pixel & 3);
        green += data[at * 4 + 1] ?? 0;
      }
      word = (word << 1) | (green >= 16 * 128 ? 1 : 0);
    }
    return word >>> 0;
  };
}

/** Watches the page's video, or where there is none the canvas that noVNC makes. */
function installFrameLog(capacity: number): void {
  const page = globalThis as unknown as PageScope;
  let log: FrameLog = { words: [], presentedMs: [], dropped: 0 };
  // Not part of the log: the picture that is shown while the log is emptied has been counted.
  let lastWord: number | undefined;
  const record = (picture: Picture, presentedMs: number): void => {
    const word = page.benchReadWord(picture);
    if (word === lastWord) return;
    lastWord = word;
    if (log.words.length < capacity) {
      log.words.push(word);
      log.presentedMs.push(presentedMs);
    } else {
      log.dropped += 1;
    }
  };
  const watchVideo = (video: Video): void => {
    const next = (nowMs: number, frame: { presentationTime: number }): void => {
      video.requestVideoFrameCallback(next);
      record(video, Math.max(nowMs, frame.presentationTime));
    };
    video.requestVideoFrameCallback(next);
  };
  const watchCanvas = (canvas: Picture): void => {
    const next = (nowMs: number): void => {
      page.requestAnimationFrame(next);
      record(canvas, nowMs);
    };
    page.requestAnimationFrame(next);
  };
  const find = (): void => {
    const video = page.document.querySelector("video");
    const canvas = page.document.querySelector("#screen canvas");
    if (video !== null) watchVideo(video);
    else if (canvas !== null) watchCanvas(canvas);
    else page.requestAnimationFrame(find);
  };
  find();
  page.benchCount = () => log.words.length;
  page.benchTake = () => {
    const taken = log;
    log = { words: [], presentedMs: [], dropped: 0 };
    return taken;
  };
}
