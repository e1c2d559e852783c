/**
 * Who draws the pointer, from the settings.
 */
import type { Config } from "../config/settings.ts";
import {
  cursorFeature,
  type CursorSource,
} from "../../signaling/features/cursor.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";

/** The feature, where browsers draw it; one decision for the session, as all viewers have the same video. */
export function cursorFeatures(
  config: Pick<Config, "cursor">,
  source: CursorSource,
): readonly OpenFeature[] {
  return config.cursor === "client" ? [cursorFeature(source)] : [];
}
