/**
 * From a token to what it allows.
 */
import { tokensEqual } from "./auth.ts";
import type { Role } from "./protocol.ts";

/** What a token says of the one who shows it. */
export interface Identity {
  readonly role: Role;
  /** Who it is, where the token says so; the others see this name. */
  readonly name?: string;
}

/** Knows tokens. Signed tokens will be another one of these. */
export interface Authenticator {
  /** What `token` allows; `undefined` where nothing. Takes the same time for every wrong token. */
  authenticate(token: string): Identity | undefined;
}

/** One token for each role. They must differ: the controller's is looked at first. */
export function fixedTokens(tokens: {
  controller: string;
  viewer: string;
}): Authenticator {
  return {
    authenticate(token) {
      // Both are compared whatever the first comparison says.
      const isController = tokensEqual(token, tokens.controller);
      const isViewer = tokensEqual(token, tokens.viewer);
      if (isController) return { role: "controller" };
      return isViewer ? { role: "viewer" } : undefined;
    },
  };
}
