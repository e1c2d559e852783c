/**
 * Where the token comes from and where it is kept: the fragment of the address, which browsers do not
 * send to servers, and then the storage of this tab.
 */

const storageKey = "streamspace.token";
const knownKey = "streamspace.token-known";
const fragmentName = "token";

/** The token of this tab. */
export class TokenStore {
  #token: string | undefined;
  #isKnown = false;

  get token(): string | undefined {
    return this.#token ?? readStorage(storageKey);
  }

  /** Takes a token from the address, if there is one, and removes it from there. */
  takeFromAddress(): boolean {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const token = fragment.get(fragmentName);
    if (token === null || token === "") return false;
    fragment.delete(fragmentName);
    const rest = fragment.size > 0 ? `#${fragment.toString()}` : "";
    history.replaceState(
      history.state,
      "",
      `${location.pathname}${location.search}${rest}`,
    );
    this.keep(token);
    return true;
  }

  /** Whether an agent has accepted the token. */
  get isKnown(): boolean {
    return this.#isKnown || readStorage(knownKey) !== undefined;
  }

  /** An agent has accepted the token. */
  markKnown(): void {
    this.#isKnown = true;
    try {
      sessionStorage.setItem(knownKey, "yes");
    } catch {
      // See keep().
    }
  }

  keep(token: string): void {
    this.forget();
    this.#token = token;
    try {
      sessionStorage.setItem(storageKey, token);
    } catch {
      // Storage may be forbidden; the token then lasts as long as the page.
    }
  }

  forget(): void {
    this.#token = undefined;
    this.#isKnown = false;
    try {
      sessionStorage.removeItem(storageKey);
      sessionStorage.removeItem(knownKey);
    } catch {
      // See keep().
    }
  }
}

function readStorage(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined; // See keep().
  }
}
