import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  authFiles,
  findCredentials,
  parseChallenge,
} from "../../../../scripts/images/registry-credentials.ts";
import { Registry } from "../../../../scripts/images/registry.ts";
import { serve, stopServers } from "../../../fixtures/memory-registry.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "credentials-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stopServers();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: object): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const auths = (entries: Record<string, string>) => ({
  auths: Object.fromEntries(
    Object.entries(entries).map(([key, auth]) => [key, { auth }]),
  ),
});

it("are looked for where podman writes them with a session and without", () => {
  const environment = { XDG_CONFIG_HOME: "/c", DOCKER_CONFIG: "/d" };
  const always = ["/c/containers/auth.json", "/d/config.json"];
  expect(authFiles(environment, 0)).toEqual([
    "/run/containers/0/auth.json",
    ...always,
  ]);
  const session = {
    ...environment,
    XDG_RUNTIME_DIR: "/r",
    REGISTRY_AUTH_FILE: "/f",
  };
  expect(authFiles(session, 1000)).toEqual([
    "/f",
    "/r/containers/auth.json",
    "/run/containers/1000/auth.json",
    ...always,
  ]);
});

it.each<[string, Record<string, string>, string | undefined]>([
  ["the host", { "ghcr.io": "host" }, "host"],
  ["an address", { "https://ghcr.io/v1/": "address" }, "address"],
  ["the owner", { "ghcr.io": "host", "ghcr.io/me": "me" }, "me"],
  ["the repository", { "ghcr.io/me": "me", "ghcr.io/me/x": "x" }, "x"],
  ["somebody else", { "ghcr.io/m": "m", "ghcr.io/me/xy": "xy" }, undefined],
  ["nobody: it is empty", { "ghcr.io": "" }, undefined],
])("of a file for %s", (_, entries, expected) => {
  const file = write("auth.json", auths(entries));
  expect(findCredentials("ghcr.io", "me/x", [file]).basic).toBe(expected);
});

it("are those of the first file that has some", () => {
  const files = [
    join(folder, "absent"),
    write("1", auths({ "quay.io": "other" })),
    write("2", { credsStore: "pass", auths: { "ghcr.io": {} } }),
    write("3", auths({ "ghcr.io": "found" })),
  ];
  expect(findCredentials("ghcr.io", "me/x", files)).toEqual({
    basic: "found",
    helperFiles: [],
  });
});

it.each([
  { credsStore: "desktop" },
  { credHelpers: { "127.0.0.1": "no" }, credsStore: "pass" },
])("that only a helper has are told as such: %j", async (content) => {
  const host = await serve((_, response) => {
    const header = 'Basic realm="x"';
    response.writeHead(401, { "www-authenticate": header }).end();
  });
  const file = write("config.json", content);
  vi.stubEnv("REGISTRY_AUTH_FILE", file);
  const registry = new Registry(host, new AbortController().signal);
  await expect(registry.hasBlob("a", "sha256:x")).rejects.toThrow(
    `${host} wants credentials for a; ${file} leaves them to a credential helper, which is not asked: log in with`,
  );
});

it("may be another registry's helper's, which is no reason", () => {
  const file = write("auth.json", { credHelpers: { "quay.io": "pass" } });
  expect(findCredentials("ghcr.io", "x", [file]).helperFiles).toEqual([]);
  expect(findCredentials("quay.io", "x", [file]).helperFiles).toEqual([file]);
});

describe("the challenge of a registry", () => {
  it.each([
    [
      'Bearer realm="https://a/token",service="b"',
      { realm: "https://a/token", service: "b" },
    ],
    [
      'bearer service="b", realm="https://a"',
      { realm: "https://a", service: "b" },
    ],
    ['Bearer realm="https://a"', { realm: "https://a", service: undefined }],
    ['Basic realm="x"', undefined],
    ["", undefined],
  ])("%s", (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });
});
