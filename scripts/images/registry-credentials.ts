/**
 * Credentials that `docker login` or `podman login` left, and the tokens that registries give for them.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { settingOf } from "./environment.ts";

const authFileSchema = v.looseObject({
  auths: v.optional(
    v.record(v.string(), v.looseObject({ auth: v.optional(v.string()) })),
    {},
  ),
});
const tokenSchema = v.looseObject({
  token: v.optional(v.string()),
  access_token: v.optional(v.string()),
});

/** Files with credentials, the first one that knows the registry counts. See containers-auth.json(5). */
function authFiles(environment: NodeJS.ProcessEnv): string[] {
  const runtime = settingOf(environment, "XDG_RUNTIME_DIR");
  const docker =
    settingOf(environment, "DOCKER_CONFIG") ?? join(homedir(), ".docker");
  return [
    settingOf(environment, "REGISTRY_AUTH_FILE") ?? "",
    runtime === undefined ? "" : join(runtime, "containers", "auth.json"),
    join(homedir(), ".config", "containers", "auth.json"),
    join(docker, "config.json"),
  ].filter((file) => file !== "");
}

/** `user:password` in base64 for a registry, or `undefined` where nobody logged in. */
export function findCredentials(
  host: string,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  for (const file of authFiles(environment)) {
    try {
      const json: unknown = JSON.parse(readFileSync(file, "utf8"));
      const { auths } = v.parse(authFileSchema, json);
      const auth = (auths[host] ?? auths[`https://${host}`])?.auth;
      if (auth !== undefined && auth !== "") return auth;
    } catch {
      // Absent, or somebody else's format: the next file may know.
    }
  }
  return undefined;
}

/** Where a registry has tokens given. */
export interface Challenge {
  realm: string;
  service: string | undefined;
}

/** A `WWW-Authenticate` header with the scheme Bearer, or `undefined` for another. Pure. */
export function parseChallenge(header: string): Challenge | undefined {
  if (!/^bearer\s/i.test(header)) return undefined;
  const value = (name: string): string | undefined =>
    new RegExp(`[\\s,]${name}="([^"]*)"`, "i").exec(header)?.[1];
  const realm = value("realm");
  return realm === undefined ? undefined : { realm, service: value("service") };
}

/**
 * Asks for a token that may do `scope`, e.g. `repository:name:pull,push`; `undefined` where it is refused.
 * @throws Error where the realm is no address, does not answer, or answers something else.
 */
export async function fetchToken(
  challenge: Challenge,
  scope: string,
  basic: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const address = new URL(challenge.realm);
  address.searchParams.set("scope", scope);
  if (challenge.service !== undefined) {
    address.searchParams.set("service", challenge.service);
  }
  const headers: Record<string, string> =
    basic === undefined ? {} : { authorization: `Basic ${basic}` };
  const response = await fetch(address, { headers, signal });
  if (!response.ok) {
    await response.body?.cancel();
    if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
    return undefined;
  }
  const answer = v.safeParse(tokenSchema, await response.json());
  if (!answer.success) return undefined;
  return answer.output.token ?? answer.output.access_token;
}
