/**
 * Has a service worker keep the page itself, so that it opens while its agent is away and can say so.
 */

/** The page is busier with more important things until then. */
const delayMs = 1_500;

/** Browsers have service workers in secure contexts alone. */
export function keepShell(): void {
  if (!("serviceWorker" in navigator)) return;
  setTimeout(() => {
    navigator.serviceWorker.register("./sw.js").catch(() => {
      // Forbidden, e.g. in private windows: the page then needs its agent to open.
    });
  }, delayMs);
}
