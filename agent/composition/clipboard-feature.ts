/**
 * The clipboard: the session's, offered to viewers by the rules of the settings.
 */
import type { Config } from "../config/settings.ts";
import {
  clipboardFeature,
  type SessionClipboard,
} from "../../signaling/features/clipboard.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";

/** The feature for viewers; it answers with the policy `off` where the settings say so. */
export function openClipboard(
  config: Config,
  clipboard: SessionClipboard,
): OpenFeature {
  return clipboardFeature(clipboard, {
    policy: config.clipboard,
    maxBytes: config.clipboardMaxBytes,
  });
}
