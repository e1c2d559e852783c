/**
 * The name that the user has chosen, kept for later visits to this address.
 */

const storageKey = "streamspace.name";

/** The name; empty where there is none. */
export function storedName(): string {
  try {
    return localStorage.getItem(storageKey) ?? "";
  } catch {
    return ""; // Storage may be forbidden; the name then lasts as long as the page.
  }
}

/** Keeps `name`, or forgets the one there was where it is empty. */
export function storeName(name: string): void {
  try {
    if (name === "") localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, name);
  } catch {
    // See storedName().
  }
}
