/**
 * What may become of the session's screen, from the settings.
 */
import type { Config } from "../config/settings.ts";
import type { DesktopScreen, ScreenPolicy } from "../session/desktop-screen.ts";
import { resizeFeature } from "../../signaling/features/resize.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";

type ScreenSettings = Pick<
  Config,
  | "display"
  | "displayWidth"
  | "displayHeight"
  | "displayDpi"
  | "resize"
  | "maxWidth"
  | "maxHeight"
  | "xServer"
>;

/** Smaller than this, dialogs do not fit. */
const smallest = { width: 320, height: 240 } as const;

interface ScreenSize {
  width: number;
  height: number;
}

/** The screen that an own display is started with: Xvfb's cannot grow beyond it, KasmVNC's can. */
export function serverScreen(config: ScreenSettings): ScreenSize {
  const { displayWidth, displayHeight, xServer } = config;
  return xServer === "kasmvnc"
    ? { width: displayWidth, height: displayHeight }
    : largestScreen(config);
}

/** The largest screen that there may be. */
function largestScreen(config: ScreenSettings): ScreenSize {
  const { displayWidth, displayHeight, maxWidth, maxHeight } = config;
  if (!follows(config)) return { width: displayWidth, height: displayHeight };
  return {
    width: Math.max(displayWidth, maxWidth),
    height: Math.max(displayHeight, maxHeight),
  };
}

/**
 * Whether the screen follows viewers, and within which sizes, in pixels: from the smallest that is usable (or the largest,
 * where the settings make that smaller) to {@link largestScreen}.
 */
export function screenPolicy(config: ScreenSettings): ScreenPolicy {
  const { width, height } = largestScreen(config);
  const own = config.display === undefined;
  return {
    follows: follows(config),
    limits: {
      min: {
        width: Math.min(smallest.width, width),
        height: Math.min(smallest.height, height),
      },
      max: { width, height },
    },
    dpi: config.displayDpi,
    // Somebody else's display stays as it is until a viewer wishes something.
    initial: own
      ? { width: config.displayWidth, height: config.displayHeight }
      : undefined,
  };
}

/** The feature, where the screen follows. */
export function resizeFeatures(screen: DesktopScreen): readonly OpenFeature[] {
  return screen.follows ? [resizeFeature(screen)] : [];
}

function follows({ resize, display }: ScreenSettings): boolean {
  return resize === "auto" ? display === undefined : resize === "follow";
}
