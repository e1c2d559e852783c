/**
 * Takes a viewer's wish for less: fewer bits, fewer frames.
 */
import type { QualityWish } from "../protocol/quality.ts";
import type { OpenFeature } from "../viewer-feature.ts";

/** The video of one viewer, as far as a wish goes. Must not throw. */
export interface WishTaker {
  /** Replaces the wish before; a field that is left out is no bound. */
  setWish(wish: QualityWish): void;
}

/**
 * Makes the feature. Viewers share encoders, so one who is there to look does not decide what the others get.
 * @param mediaOf the video of a viewer; `undefined` where nothing takes wishes.
 */
export function qualityFeature(
  mediaOf: (viewerId: string) => WishTaker | undefined,
): OpenFeature {
  return (viewer) => ({
    handlers: {
      quality: ({ maxBps, maxFps }) => {
        if (viewer.role !== "controller") {
          viewer.report(
            "not-allowed",
            "this token only lets you look",
            "quality",
          );
          return;
        }
        mediaOf(viewer.viewerId)?.setWish({
          ...(maxBps === undefined ? {} : { maxBps }),
          ...(maxFps === undefined ? {} : { maxFps }),
        });
      },
    },
    close: () => undefined, // The wish ends with the media of the viewer.
  });
}
