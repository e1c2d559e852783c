/**
 * Where the token comes from and where it is kept: the fragment of the address, which browsers do not
 * send to servers, and then the storage of this tab.
 */

const storageKey = "streamspace.token";
const fragmentName = "token";

/** The token of this tab. */
export class TokenStore {
  #token: string | undefined;

  get token(): string | undefined {
    return this.#token ?? readStorage();
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

  keep(token: string): void {
    this.#token = token;
    try {
      sessionStorage.setItem(storageKey, token);
    } catch {
      // Storage may be forbidden; the token then lasts as long as the page.
    }
  }

  forget(): void {
    this.#token = undefined;
    try {
      sessionStorage.removeItem(storageKey);
    } catch {
      // See keep().
    }
  }
}

function readStorage(): string | undefined {
  try {
    return sessionStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined; // See keep().
  }
}
