/**
 * The end of a build: tags and summary, with a registry that keeps them and a stand-in for the engine.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { BuildContext } from "../../../../scripts/images/build-image.ts";
import { digestOf } from "../../../../scripts/images/canonical.ts";
import type { CheckedImage } from "../../../../scripts/images/check.ts";
import { BuildFailure } from "../../../../scripts/images/failure.ts";
import { LayerStore } from "../../../../scripts/images/layer-store.ts";
import type {
  BuildHost,
  Preparation,
} from "../../../../scripts/images/prepare.ts";
import { Registry } from "../../../../scripts/images/registry.ts";
import { publishAll } from "../../../../scripts/images/release.ts";
import {
  memoryRegistry,
  serve,
  stopServers,
} from "../../../fixtures/memory-registry.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "release-"));
  mkdirSync(join(root, "dist/images"), { recursive: true });
  standIn('echo "$*" >>"$0.calls"');
  vi.stubEnv("PATH", `${root}:${process.env["PATH"] ?? ""}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stopServers();
  rmSync(root, { recursive: true, force: true });
});

/** What is run instead of the program that reads and writes the engine's images. */
function standIn(script: string): void {
  const file = join(root, "skopeo");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function imageOf(name: string): CheckedImage {
  const config = Buffer.from(`{"name":"${name}"}`);
  const manifest = Buffer.from(`{"of":"${name}"}`);
  return {
    image: {
      name,
      title: name,
      description: "",
      dockerfile: "",
      target: undefined,
      dependsOn: [],
    },
    architecture: "amd64",
    layers: [],
    config,
    manifest,
    digest: digestOf(manifest),
    sbom: Buffer.from("{}"),
    timeMs: 1,
    scan: { state: "skipped" },
  };
}

/** Publishes to the registry; `signal` fires when somebody interrupts. */
async function publish(
  address: string,
  signal: AbortSignal,
  images = ["a", "b", "c"].map(imageOf),
): Promise<{ said: string[]; printed: string }> {
  const result = { said: new Array<string>(), printed: "" };
  const host: BuildHost = {
    root,
    environment: process.env,
    signal,
    say: (line) => result.said.push(line),
    print: (text) => {
      result.printed += text;
    },
  };
  const engine = "buildah";
  const destination = { host: address, folder: "x", tag: "1" };
  const prepared = {
    options: { sbom: false, minimal: false },
    machine: { architecture: "amd64" },
    engine,
    destination,
  } as Preparation;
  const store = new LayerStore(join(root, "cache"));
  await store.open();
  const context = { engine, store, temporary: root, signal } as BuildContext;
  const registry = new Registry(address, signal);
  await publishAll(prepared, context, host, {
    images,
    key: undefined,
    registry,
  });
  return result;
}

const never = new AbortController().signal;

it("sets all tags where it is interrupted after the first", async () => {
  const controller = new AbortController();
  const manifests = new Map<string, Buffer>();
  const keep = memoryRegistry(manifests);
  const tagged: string[] = [];
  const address = await serve((request, response) => {
    if (request.method === "PUT" && request.url?.endsWith("/manifests/1")) {
      tagged.push(request.url);
      controller.abort();
    }
    keep(request, response);
  });
  const { said } = await publish(address, controller.signal);
  expect(tagged).toEqual(
    ["a", "b", "c"].map((name) => `/v2/x/${name}/manifests/1`),
  );
  const calls = readFileSync(join(root, "skopeo.calls"), "utf8");
  expect(calls.match(/^copy .*$/gm)).toHaveLength(3);
  expect(said.at(-1)).toMatch(/^the tags are being set, and all of them/);
});

it("has the digest of a list of platforms in its summary", async () => {
  const manifests = new Map<string, Buffer>();
  const address = await serve(memoryRegistry(manifests));
  const arm: CheckedImage = { ...imageOf("b"), architecture: "arm64" };
  const images = [imageOf("a"), imageOf("b"), arm];
  const { printed } = await publish(address, never, images);
  const list = digestOf(manifests.get("1") ?? Buffer.alloc(0));
  expect(printed).toContain(`\nb on all platforms: ${list}\n`);
  const summary = JSON.parse(
    readFileSync(join(root, "dist/images/summary.json"), "utf8"),
  ) as { listDigest?: string }[];
  expect(summary.map(({ listDigest }) => listDigest)).toEqual([
    undefined,
    list,
    list,
  ]);
});

it("sets none where it is interrupted before", async () => {
  const controller = new AbortController();
  const manifests = new Map<string, Buffer>();
  const keep = memoryRegistry(manifests);
  const address = await serve((request, response) => {
    // The last thing that is read back.
    const last = digestOf(imageOf("c").config);
    if (request.method === "GET" && request.url?.endsWith(last)) {
      response.once("close", () => {
        controller.abort();
      });
    }
    keep(request, response);
  });
  await expect(publish(address, controller.signal)).rejects.toMatchObject({
    exitCode: 130,
  });
  expect(manifests.has("1")).toBe(false);
});

it("says which tags are set where one fails", async () => {
  const keep = memoryRegistry(new Map());
  const address = await serve((request, response) => {
    const isRefused = request.url === "/v2/x/b/manifests/1";
    if (isRefused) response.writeHead(403).end();
    else keep(request, response);
  });
  const error: unknown = await publish(address, never).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(BuildFailure);
  expect((error as BuildFailure).message).toMatch(
    new RegExp(
      `403.*; tags that are set: ${address}/x/a:1 in the registry; ` +
        `not set: ${address}/x/b:1 in the registry, ${address}/x/c:1 in the registry, ${address}/x/a:1 in buildah, `,
    ),
  );
});
