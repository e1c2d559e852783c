/**
 * How the remote screen and the window go together: what is wished of the agent, and where the picture is. Pure.
 */
import {
  fitScreen,
  type FittedScreen,
  type ScreenLimits,
} from "../../signaling/protocol/resize.ts";
import type { Box, Size } from "./geometry.ts";

export type ScreenMode =
  /** The screen takes the size of the window, pixel by pixel. */
  | { readonly kind: "follow" }
  /** The screen stays as it is, and the picture is as large as fits. */
  | { readonly kind: "scale" }
  /** The screen stays as it is, and each of its pixels is one here; what does not fit is scrolled. */
  | { readonly kind: "actual" }
  /** The screen has this size, in pixels, and the picture is as large as fits. */
  | { readonly kind: "fixed"; readonly width: number; readonly height: number };

export const defaultMode: ScreenMode = { kind: "follow" };

/** A mode as text, to be remembered. */
export function writeMode(mode: ScreenMode): string {
  return mode.kind === "fixed" ? `${mode.width}x${mode.height}` : mode.kind;
}

/** Reads what {@link writeMode} wrote; anything else is the default. */
export function readMode(text: string | null): ScreenMode {
  switch (text) {
    case "follow":
    case "scale":
    case "actual":
      return { kind: text };
    case null:
      return defaultMode;
  }
  const size = /^([1-9]\d{2,3})x([1-9]\d{2,3})$/.exec(text);
  return size === null
    ? defaultMode
    : { kind: "fixed", width: Number(size[1]), height: Number(size[2]) };
}

/** The place for the picture. */
export interface Stage {
  /** In CSS pixels. */
  readonly size: Size;
  /** The same in device pixels, whole. */
  readonly device: Size;
  /** Device pixels in a CSS pixel. */
  readonly density: number;
}

/** A screen as the agent is asked for it. */
export interface ScreenWish extends Size {
  devicePixelRatio: number;
}

/** What the agent is asked for; `undefined` for nothing. */
export function wishOf(mode: ScreenMode, stage: Stage): ScreenWish | undefined {
  switch (mode.kind) {
    case "follow": {
      const { width, height } = stage.device;
      if (width < 1 || height < 1) return undefined;
      return { width, height, devicePixelRatio: bounded(stage.density) };
    }
    case "fixed":
      return { width: mode.width, height: mode.height, devicePixelRatio: 1 };
    case "scale":
    case "actual":
      return undefined;
  }
}

/** What the protocol lets through. */
function bounded(density: number): number {
  return Math.min(Math.max(density, 0.1), 16);
}

/** Why the screen is not as it was wished; `undefined` where it is. */
export function boundOf(
  wish: Size,
  limits: ScreenLimits,
): { kind: "large" | "small"; fitted: FittedScreen } | undefined {
  const fitted = fitScreen(wish, limits);
  if (!fitted.isBounded) return undefined;
  return { kind: fitted.scale < 1 ? "large" : "small", fitted };
}

/**
 * Where the picture is on the stage, in CSS pixels: `undefined` for as large as fits. Pixels that are as good as one of
 * this screen's are made exactly that, so that text stays sharp.
 *
 * @param video size of the decoded frames, in pixels.
 */
export function pictureLayout(
  mode: ScreenMode,
  stage: Stage,
  video: Size,
): Box | undefined {
  if (video.width < 1 || video.height < 1) return undefined;
  const { device, density } = stage;
  const spare = {
    width: device.width - video.width,
    height: device.height - video.height,
  };
  const fits = spare.width >= 0 && spare.height >= 0;
  const fills = fits && Math.min(spare.width, spare.height) <= 2;
  if (mode.kind !== "actual" && !fills) return undefined;
  return {
    left: Math.floor(Math.max(spare.width, 0) / 2) / density,
    top: Math.floor(Math.max(spare.height, 0) / 2) / density,
    width: video.width / density,
    height: video.height / density,
  };
}
