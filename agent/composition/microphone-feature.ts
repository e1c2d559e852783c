/**
 * Viewers who speak, from the settings.
 */
import type { Config } from "../config/settings.ts";
import { systemClock } from "../base/clock.ts";
import {
  SessionMicrophones,
  type SpeechOutput,
} from "../../signaling/features/microphone.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";

/** Whether programs of the session find a source that viewers speak into: a session without sound has none. */
export function hasMicrophone({
  audio,
  microphone,
}: Pick<Config, "audio" | "microphone">): boolean {
  return audio && microphone;
}

/** The feature, where the session has a microphone. */
export function microphoneFeatures(
  config: Pick<Config, "allowViewerControl">,
  output: SpeechOutput | undefined,
): readonly OpenFeature[] {
  if (output === undefined) return [];
  const microphones = new SessionMicrophones({
    output,
    lookersMaySpeak: config.allowViewerControl,
    clock: systemClock,
  });
  return [microphones.open];
}
