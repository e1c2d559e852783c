/**
 * Unix time with the resolution of the monotonic clock, for two processes of one machine.
 *
 * `performance.timeOrigin` is taken once when a process starts and is wrong after the wall clock was
 * stepped; so both sides find the distance anew. It stays the same while the clock is only slewed,
 * because Linux slews CLOCK_REALTIME and CLOCK_MONOTONIC together.
 */

/**
 * What must be added to `performance.now()` to get Unix time, in milliseconds.
 *
 * Self-contained, because it is also sent to the page as source text. `Date.now()` is cut to whole
 * milliseconds and is read first, so every sample is too small: by less than one, and by the time that
 * another process ran in between. The largest of many is right.
 */
export function unixOffsetMs(): number {
  const endMs = performance.now() + 10;
  let offsetMs = -Infinity;
  for (let nowMs = 0; nowMs < endMs;) {
    const unixMs = Date.now();
    nowMs = performance.now();
    offsetMs = Math.max(offsetMs, unixMs - nowMs);
  }
  return offsetMs;
}
