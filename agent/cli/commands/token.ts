import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { StreamSpaceError, systemCodeOf } from "../../base/errors.ts";
import type { Config } from "../../config/settings.ts";
import { sessionPaths } from "../../session/session-directory.ts";

const tokenBytes = 32;

/** A random token: 256 bits in the URL-safe alphabet of RFC 4648, section 5. */
export function freshToken(): string {
  return randomBytes(tokenBytes).toString("base64url");
}

/**
 * The token of the agent that runs in `config.runtimeDir`; where none runs, the one it would use.
 * @throws StreamSpaceError `unauthorized` where there is none or its file is not for this user.
 */
export async function runningToken(config: Config): Promise<string> {
  const path = sessionPaths(config.runtimeDir).token;
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") {
      throw new StreamSpaceError(
        "unauthorized",
        `the token in ${path} cannot be read (${systemCodeOf(error) ?? "unknown error"})`,
        { cause: error, mend: "Run this as the user that the agent runs as." },
      );
    }
    if (config.token !== undefined) return config.token;
    throw new StreamSpaceError(
      "unauthorized",
      `no agent runs with the run-time directory ${config.runtimeDir}, and no token is configured`,
      {
        cause: error,
        mend: "Start the agent, give the --runtime-dir it was started with, or make a token with: streamspace-agent token --new",
      },
    );
  }
}
