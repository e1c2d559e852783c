/**
 * How loud samples are, in steps that the ear takes for even.
 */

/** Below this nothing is shown, in decibels of full scale: the noise of a quiet room. */
const floorDb = -60;
/** Loudness of samples between −1 and 1, as 0…1 in equal steps of decibels. */
export function loudnessOf(samples: Float32Array): number {
  if (samples.length === 0) return 0;
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  if (energy === 0) return 0;
  const db = 10 * Math.log10(energy / samples.length);
  return Math.min(1, Math.max(0, 1 - db / floorDb));
}
