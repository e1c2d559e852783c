/**
 * What noVNC's keyboard module asks about the browser, in place of its own detection (see vite.config.ts).
 *
 * `navigator.platform` is deprecated and the only source of this that every browser has.
 */

function platform(): string {
  return navigator.platform;
}

/** Option and Command keys behave in their own way there. */
export function isMac(): boolean {
  return /mac/i.test(platform());
}

/** Windows makes AltGr from Control and Alt. */
export function isWindows(): boolean {
  return /win/i.test(platform());
}

export function isIOS(): boolean {
  return /ipad|iphone|ipod/i.test(platform());
}
