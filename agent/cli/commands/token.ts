import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { StreamSpaceError, systemCodeOf } from "../../base/errors.ts";
import type { Config } from "../../config/settings.ts";
import type { Role } from "../../../signaling/protocol.ts";
import { sessionPaths } from "../../session/session-directory.ts";

const tokenBytes = 32;

/** A random token: 256 bits in the URL-safe alphabet of RFC 4648, section 5. */
export function freshToken(): string {
  return randomBytes(tokenBytes).toString("base64url");
}

/**
 * A token of the agent that runs in `config.runtimeDir`; where none runs, the one it would use.
 * @param role of the token: `viewer` for the one that only lets one look.
 * @throws StreamSpaceError `unauthorized` where there is none or its file is not for this user.
 */
export async function runningToken(
  config: Config,
  role: Role,
): Promise<string> {
  const name = role === "viewer" ? "viewerToken" : "token";
  const path = sessionPaths(config.runtimeDir)[name];
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
    const configured = config[name];
    if (configured !== undefined) return configured;
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
