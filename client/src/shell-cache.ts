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

/** How the names of the caches of one page begin; other pages of its origin have caches of their own. */
export function cachePrefix(scope: string): string {
  return `streamspace-shell-${digest(scope)}-`;
}

/** Name of the cache for a version of the shell: other files, other name. */
export function cacheName(scope: string, files: readonly string[]): string {
  return `${cachePrefix(scope)}${digest(files.join("\n"))}`;
}

/** FNV-1a: short, and nobody gains by a collision. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash ^= character.charCodeAt(0);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash.toString(16);
}
