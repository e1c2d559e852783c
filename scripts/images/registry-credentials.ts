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
  credHelpers: v.optional(v.record(v.string(), v.string()), {}),
  credsStore: v.optional(v.string(), ""),
});
const tokenSchema = v.looseObject({
  token: v.optional(v.string()),
  access_token: v.optional(v.string()),
});

/**
 * Files with credentials, the first one that knows the registry counts. See containers-auth.json(5).
 * @param userId of who runs this: podman and skopeo write to `/run/containers` where nothing says where a session has its files.
 */
export function authFiles(
  environment: NodeJS.ProcessEnv,
  userId = process.getuid?.(),
): string[] {
  const setting = (name: string): string | undefined =>
    settingOf(environment, name);
  const runtime = setting("XDG_RUNTIME_DIR");
  const configuration =
    setting("XDG_CONFIG_HOME") ?? join(homedir(), ".config");
  const docker = setting("DOCKER_CONFIG") ?? join(homedir(), ".docker");
  return [
    setting("REGISTRY_AUTH_FILE") ?? "",
    runtime === undefined ? "" : join(runtime, "containers", "auth.json"),
    userId === undefined ? "" : `/run/containers/${userId}/auth.json`,
    join(configuration, "containers", "auth.json"),
    join(docker, "config.json"),
  ].filter((file) => file !== "");
}

/** What the files of {@link authFiles} have for a repository. */
export interface Credentials {
  /** `user:password` in base64; `undefined` where nobody logged in. */
  basic: string | undefined;
  /** Files that leave credentials to a program of the machine, which this one does not ask. */
  helperFiles: readonly string[];
}

/** The credentials for a repository of a registry, those for the longest part of its path. */
export function findCredentials(
  host: string,
  repository: string,
  files: readonly string[] = authFiles(process.env),
): Credentials {
  const wanted = scopesOf(host, repository);
  const helperFiles: string[] = [];
  for (const file of files) {
    const content = readAuthFile(file);
    if (content === undefined) continue;
    const auths = new Map(
      Object.entries(content.auths).map(([key, { auth }]) => [
        scopeOf(key),
        auth,
      ]),
    );
    const basic = wanted.map((scope) => auths.get(scope)).find(Boolean);
    if (basic !== undefined) return { basic, helperFiles: [] };
    const hasHelper = wanted.some((scope) => scope in content.credHelpers);
    if (hasHelper || content.credsStore !== "") helperFiles.push(file);
  }
  return { basic: undefined, helperFiles };
}

function readAuthFile(
  file: string,
): v.InferOutput<typeof authFileSchema> | undefined {
  try {
    return v.parse(authFileSchema, JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // Absent, or somebody else's format: the next file may know.
  }
}

/** `ghcr.io/owner/name`, `ghcr.io/owner` and `ghcr.io`: what may have credentials, the first one that has some counts. */
function scopesOf(host: string, repository: string): string[] {
  const words = [host, ...repository.split("/")];
  return words.map((_, index) =>
    words.slice(0, words.length - index).join("/"),
  );
}

/** A key of the file; older programs wrote addresses, `https://host/v1/`, which meant the whole host. */
function scopeOf(key: string): string {
  const host = /^https?:\/\/([^/]+)/.exec(key)?.[1];
  return host ?? key;
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
