/**
 * Sharing, as the settings want it: the tokens of the session, and who may do what.
 */
import { randomBytes } from "node:crypto";
import { systemClock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { requestTimeoutMs, Sharing } from "../../signaling/features/sharing.ts";

/** Random bytes of a token that was not configured. */
const tokenBytes = 32;

/** The credentials of a session, one for each role. */
export interface SessionTokens {
  readonly controller: string;
  readonly viewer: string;
}

/** The tokens that the settings name, and random ones for the rest. */
export function sessionTokens(
  config: Pick<Config, "token" | "viewerToken">,
): SessionTokens {
  const random = (): string => randomBytes(tokenBytes).toString("base64url");
  return {
    controller: config.token ?? random(),
    viewer: config.viewerToken ?? random(),
  };
}

/** Makes the part of the session that knows who is here. The caller closes it. */
export function sessionSharing(options: {
  config: Config;
  tokens: SessionTokens;
  log: Logger;
}): Sharing {
  const { config, tokens, log } = options;
  return new Sharing({
    rules: {
      requestTimeoutMs,
      mode: config.control,
      allowViewers: config.allowViewerControl,
    },
    places: {
      maxViewers: config.maxViewers,
      maxControllers: config.maxControllers ?? config.maxViewers,
    },
    pointers: config.viewerCursors,
    viewerToken: tokens.viewer,
    clock: systemClock,
    log,
  });
}
