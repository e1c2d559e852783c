/**
 * The quality feature, and the media that takes its wishes.
 */
import { qualityFeature } from "../../signaling/features/quality.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";

/** Makes the feature. Streams take no wishes yet: one is accepted, and changes nothing. */
export function qualityFeatureOf(): OpenFeature {
  return qualityFeature(() => undefined);
}
