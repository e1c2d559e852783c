/**
 * What can be chosen as quality. Pure.
 */
import type { QualityWish } from "../../signaling/protocol/quality.ts";

export const presetNames = ["automatic", "balanced", "saver", "slow"] as const;
export type PresetName = (typeof presetNames)[number];

/** The most that each preset asks for. */
export const presets: Readonly<Record<PresetName, QualityWish>> = {
  automatic: {},
  balanced: { maxBps: 4_000_000 },
  saver: { maxBps: 1_500_000, maxFps: 30 },
  slow: { maxBps: 400_000, maxFps: 15 },
};
