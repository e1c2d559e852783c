/**
 * From where the pointer is on the page to a pixel of the remote screen. Pure.
 */

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** A rectangle in CSS pixels of the viewport, as `getBoundingClientRect` gives it. */
export interface Box extends Size {
  left: number;
  top: number;
}

/** Absorbs what division loses, so that the first point of a pixel does not count as the one before. */
const roundingSlack = 1e-6;

/**
 * The part of `element` that the picture covers under `object-fit: contain`: scaled as large as fits,
 * centred, with bars at two sides.
 */
export function pictureBox(element: Box, video: Size): Box {
  const scale = Math.min(
    element.width / video.width,
    element.height / video.height,
  );
  const width = video.width * scale;
  const height = video.height * scale;
  return {
    left: element.left + (element.width - width) / 2,
    top: element.top + (element.height - height) / 2,
    width,
    height,
  };
}

/** Where a pointer is: the remote pixel, the nearest one where it is beside the picture. */
export interface RemotePoint extends Point {
  /** Whether the pointer is over the picture and not over the bars. */
  inside: boolean;
}

/**
 * Maps a point of the page to a pixel of the remote screen.
 *
 * Everything is in CSS pixels, fractions included, so that zoom and device pixel ratio cancel out.
 * Encoders round odd sizes to even; a video that differs from the screen by one pixel is therefore
 * cropped or padded, not scaled.
 *
 * @param options.client position in the viewport (`clientX`, `clientY`).
 * @param options.element the video element's box.
 * @param options.video size of the decoded frames, in pixels.
 * @param options.screen size of the remote screen, in pixels.
 * @returns `undefined` while any of the sizes is zero.
 */
export function toRemotePoint(options: {
  client: Point;
  element: Box;
  video: Size;
  screen: Size;
}): RemotePoint | undefined {
  const { client, element, video, screen } = options;
  if (![element, video, screen].every(hasArea)) return undefined;
  const box = pictureBox(element, video);
  const x = pixelOf(client.x - box.left, box.width, video.width, screen.width);
  const y = pixelOf(
    client.y - box.top,
    box.height,
    video.height,
    screen.height,
  );
  return {
    x: clamp(x, screen.width),
    y: clamp(y, screen.height),
    inside: x >= 0 && y >= 0 && x < screen.width && y < screen.height,
  };
}

/**
 * The middle of a pixel of the remote screen, on the page: the other way round than {@link toRemotePoint}, with the same
 * options. @returns `undefined` while any of the sizes is zero.
 */
export function toPagePoint(options: {
  point: Point;
  element: Box;
  video: Size;
  screen: Size;
}): Point | undefined {
  const { point, element, video, screen } = options;
  if (![element, video, screen].every(hasArea)) return undefined;
  const box = pictureBox(element, video);
  const { width, height } = screen;
  return {
    x: box.left + ((point.x + 0.5) * box.width) / pixelsOf(video.width, width),
    y:
      box.top + ((point.y + 0.5) * box.height) / pixelsOf(video.height, height),
  };
}

/** Pixels of the screen that the picture is long. */
function pixelsOf(videoLength: number, screenLength: number): number {
  return Math.abs(videoLength - screenLength) <= 1 ? videoLength : screenLength;
}

function pixelOf(
  offset: number,
  boxLength: number,
  videoLength: number,
  screenLength: number,
): number {
  const pixels = pixelsOf(videoLength, screenLength);
  return Math.floor((offset * pixels) / boxLength + roundingSlack);
}

function hasArea(size: Size): boolean {
  return size.width > 0 && size.height > 0;
}

function clamp(value: number, length: number): number {
  return Math.min(Math.max(value, 0), length - 1);
}
