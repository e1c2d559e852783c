/**
 * Lets a viewer that controls the session choose the size of its screen. The last one who asked has it; everybody
 * else's page scales.
 */
import { messageOf } from "../../agent/base/errors.ts";
import {
  fitScreen,
  type PixelSize,
  type ScreenLimits,
} from "../protocol/resize.ts";
import type { OpenFeature } from "../viewer-feature.ts";

/** A screen as it is to be. */
export interface ScreenWish extends PixelSize {
  /** How much larger than at its usual resolution the desktop is drawn. */
  scale: number;
}

/** What the feature needs of the display. */
export interface ResizableScreen {
  readonly limits: ScreenLimits;
  /**
   * Resolves when the screen has the size, or when a later wish has taken the place of this one.
   * @throws StreamSpaceError where the display does not take it.
   */
  resize(wish: ScreenWish): Promise<void>;
}

/** The feature for sessions whose screen follows a viewer's window. */
export function resizeFeature(screen: ResizableScreen): OpenFeature {
  return (viewer) => {
    const { min, max } = screen.limits;
    viewer.send({
      type: "screen-limits",
      min: { ...min },
      max: { ...max },
    });
    let isClosed = false;
    return {
      handlers: {
        resize: ({ width, height, devicePixelRatio }) => {
          if (!viewer.mayControl()) {
            // A window that changes while its user does not control is no offence: its page scales.
            if (viewer.role !== "controller")
              viewer.report(
                "not-allowed",
                "this token only lets you look",
                "resize",
              );
            return;
          }
          const fitted = fitScreen({ width, height }, screen.limits);
          const wish = {
            width: fitted.width,
            height: fitted.height,
            scale: devicePixelRatio * fitted.scale,
          };
          screen.resize(wish).catch((error: unknown) => {
            viewer.log.warn(
              { reason: messageOf(error), ...wish },
              "the screen does not take a size",
            );
            if (!isClosed) viewer.send({ type: "resize-failed" });
          });
        },
      },
      close: () => {
        isClosed = true;
      },
    };
  };
}
