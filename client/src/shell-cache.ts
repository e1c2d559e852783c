/**
 * What the service worker answers, and from where. Pure.
 */

/** The parts of a request that matter. */
export interface ShellRequest {
  readonly method: string;
  readonly mode: string;
  readonly url: string;
}

export interface ShellAnswer {
  /** Where the answer is looked for first. */
  readonly first: "network" | "cache";
  /** Address in the cache: one of the shell's files, never that of a request with more to it. */
  readonly key: string;
}

/** Name of the page among the shell's files. */
export const pageFile = "./";

/**
 * How to answer a request; `undefined`: not at all, which leaves it to the browser.
 * @param scope address that the worker is registered for, with a slash at its end.
 * @param files names of the shell's files below the scope, as `./assets/x.js`.
 */
export function answerFor(
  request: ShellRequest,
  scope: string,
  files: readonly string[],
): ShellAnswer | undefined {
  if (request.method !== "GET") return undefined;
  const url = new URL(request.url);
  const isPage =
    request.mode === "navigate" && url.origin + url.pathname === scope;
  if (isPage) return { first: "network", key: new URL(pageFile, scope).href };
  // A query is not part of any file's name, so it asks for something else.
  if (url.search !== "" || request.mode === "navigate") return undefined;
  const key = files
    .filter((file) => file !== pageFile)
    .map((file) => new URL(file, scope).href)
    .find((file) => file === url.origin + url.pathname);
  return key === undefined ? undefined : { first: "cache", key };
}

/** How the names of all our caches begin. */
export const cachePrefix = "streamspace-shell-";

/** Name of the cache for a version of the shell: other files, other name. */
export function cacheName(files: readonly string[]): string {
  // FNV-1a: short, and nobody gains by a collision.
  let hash = 0x811c9dc5;
  for (const character of files.join("\n")) {
    hash ^= character.charCodeAt(0);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return `${cachePrefix}${hash.toString(16)}`;
}
