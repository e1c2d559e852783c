/**
 * What viewers can do with the session's keyboard beyond typing.
 */
import { keyboardLayoutFeature } from "../../signaling/features/keyboard-layout.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";
import type { SessionServices } from "./session-services.ts";

/** The features that belong to the keyboard. */
export function keyboardFeatures(
  services: Pick<SessionServices, "keyboardLayout">,
): readonly OpenFeature[] {
  return [keyboardLayoutFeature(services.keyboardLayout)];
}
