/**
 * The address that a page of somebody else gives.
 */

/** A word alone is no address of anything, although it would do as one relative to the page. */
const addressPattern = /^(https?:\/\/|\.{0,2}\/)/i;

/**
 * The address of an agent's page.
 * @param base of the page that gives it.
 * @throws TypeError where it is none.
 */
export function addressOf(given: unknown, base: string): URL {
  const url =
    typeof given === "string" && addressPattern.test(given)
      ? parsed(given, base)
      : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new TypeError(
    "url is to be the address of the agent's page, as in https://desktop.example/one/#token=…",
  );
}

function parsed(given: string, base: string): URL | undefined {
  try {
    return new URL(given, base);
  } catch {
    return undefined; // The browser's own message does not say what was expected.
  }
}
