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
>;

/** Smaller than this, dialogs do not fit. */
const smallest = { width: 320, height: 240 } as const;

/** The largest screen that there may be; an own display is started with it, since Xvfb cannot grow beyond. */
export function largestScreen(config: ScreenSettings): {
  width: number;
  height: number;
} {
  const { displayWidth, displayHeight, maxWidth, maxHeight } = config;
  if (!follows(config)) return { width: displayWidth, height: displayHeight };
  return {
    width: Math.max(displayWidth, maxWidth),
    height: Math.max(displayHeight, maxHeight),
  };
}

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
