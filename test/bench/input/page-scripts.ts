/**
 * The part of the input benchmark that runs in the page. Like the others of its kind it is sent as source text and uses
 * nothing but its argument.
 *
 * The time of a press is that of its event (`timeStamp`), which is when the browser got it; "shown" is what
 * `latency/page-scripts.ts` says.
 */
import type { Page } from "playwright-core";
import { flashArea } from "../../fixtures/bench-key-flash.ts";

interface PageScope {
  /** Time from the latest press to the change of the square; `undefined` until it is shown. */
  benchAnswerMs: number | undefined;
  document: {
    createElement(name: "canvas"): Canvas;
    querySelector(selector: "video"): Video | null;
  };
  addEventListener(
    type: string,
    listener: (event: { timeStamp: number; repeat?: boolean }) => void,
    options: { capture: boolean },
  ): void;
  requestAnimationFrame(callback: () => void): void;
}
interface Video {
  requestVideoFrameCallback(
    callback: (nowMs: number, frame: { presentationTime: number }) => void,
  ): void;
}
interface Canvas {
  width: number;
  height: number;
  getContext(kind: "2d", options: { willReadFrequently: boolean }): Context2d;
}
interface Context2d {
  drawImage(picture: Video, ...area: number[]): void;
  getImageData(...area: [number, number, number, number]): {
    data: Uint8ClampedArray;
  };
}

/** Watches presses and the square, in every document that the page loads from now on. */
export async function addInputScripts(page: Page): Promise<void> {
  await page.addInitScript(watch, {
    x: flashArea.x + flashArea.width / 2 - 4,
    y: flashArea.y + flashArea.height / 2 - 4,
  });
}

/** Forgets the latest answer. */
export async function resetAnswer(page: Page): Promise<void> {
  await page.evaluate(() => {
    (globalThis as unknown as PageScope).benchAnswerMs = undefined;
  });
}

/** The answer to the press since {@link resetAnswer}, where it is shown. */
export async function answerMs(page: Page): Promise<number | undefined> {
  return await page.evaluate(
    () => (globalThis as unknown as PageScope).benchAnswerMs,
  );
}

function watch({ x, y }: { x: number; y: number }): void {
  const page = globalThis as unknown as PageScope;
  const canvas = page.document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let pressedMs: number | undefined;
  let wasWhite: boolean | undefined;
  for (const type of ["keydown", "pointerdown"])
    page.addEventListener(
      type,
      ({ timeStamp }) => {
        pressedMs = timeStamp;
      },
      { capture: true },
    );
  const watchVideo = (video: Video): void => {
    const next = (nowMs: number, frame: { presentationTime: number }): void => {
      video.requestVideoFrameCallback(next);
      context.drawImage(video, x, y, 8, 8, 0, 0, 8, 8);
      const isWhite = (context.getImageData(4, 4, 1, 1).data[1] ?? 0) > 127;
      if (
        wasWhite !== undefined &&
        isWhite !== wasWhite &&
        pressedMs !== undefined
      )
        page.benchAnswerMs =
          Math.max(nowMs, frame.presentationTime) - pressedMs;
      wasWhite = isWhite;
    };
    video.requestVideoFrameCallback(next);
  };
  const find = (): void => {
    const video = page.document.querySelector("video");
    if (video === null) page.requestAnimationFrame(find);
    else watchVideo(video);
  };
  find();
}
