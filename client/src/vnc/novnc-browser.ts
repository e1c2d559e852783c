/**
 * What noVNC asks about the browser, in place of its own module (see vite.config.ts). That one decodes a test video in a
 * top-level await, for an encoding that no server here has.
 */

/** Fingers may be used; noVNC then draws the pointer itself. */
export const isTouchDevice =
  navigator.maxTouchPoints > 0 || "ontouchstart" in document.documentElement;

/** CSS pixels of a drag before it counts as one. */
export const dragThreshold = 10 * window.devicePixelRatio;

/** Every browser of the last years takes pictures as cursors. */
export const supportsCursorURIs = true;

export const supportsWebCodecsH264Decode = false;
