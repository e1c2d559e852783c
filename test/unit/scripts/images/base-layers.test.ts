/**
 * Layers of the base, with a stand-in for the program that reads them.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { baseLayersOf } from "../../../../scripts/images/base-layers.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "base-layers-"));
  vi.stubEnv("PATH", `${folder}:${process.env["PATH"] ?? ""}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const layerOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** The engine has the base for this platform. */
function pull(architecture: string, layer: string): void {
  const rootfs = { type: "layers", diff_ids: [layer] };
  const config = JSON.stringify({ architecture, os: "linux", rootfs });
  const file = join(folder, "skopeo");
  writeFileSync(file, `#!/bin/sh\necho '${config}'\n`);
  chmodSync(file, 0o755);
}

it("are those of each platform, whichever the engine has afterwards", async () => {
  const signal = new AbortController().signal;
  const layers = baseLayersOf("buildah", ["debian", "scratch"], signal);
  pull("amd64", layerOf("a"));
  expect([...(await layers("amd64"))]).toEqual([layerOf("a")]);
  pull("arm64", layerOf("b"));
  expect([...(await layers("arm64"))]).toEqual([layerOf("b")]);
  expect([...(await layers("amd64"))]).toEqual([layerOf("a")]);
});

it("are none where the engine has the base for another platform", async () => {
  const signal = new AbortController().signal;
  pull("arm64", layerOf("b"));
  const layers = baseLayersOf("buildah", ["debian"], signal);
  expect([...(await layers("amd64"))]).toEqual([]);
});
