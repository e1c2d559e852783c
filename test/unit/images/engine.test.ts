/**
 * What is made of an engine's words, with stand-ins for engines.
 */
import { chmodSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Engine } from "../../../scripts/test-image/engine.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "engine-test-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** An engine that fails with these words. */
function failing(words: string): Engine {
  const file = join(folder, "engine");
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' '${words}' >&2\nexit 125\n`);
  chmodSync(file, 0o755);
  return new Engine(file);
}

it.each([
  [
    "podman",
    "Error: inspecting object: localhost/streamspace/none:dev: image not known",
  ],
  ["docker", "Error: No such image: localhost/streamspace/none:dev"],
  [
    "docker, from 25 on",
    "Error response from daemon: No such image: localhost/streamspace/none:dev",
  ],
])("says in its own words that %s has no such image", async (_, words) => {
  const engine = failing(words);
  await expect(
    engine.inspectImage("localhost/streamspace/none:dev"),
  ).rejects.toThrow(
    `${engine.name} has no image "localhost/streamspace/none:dev"; build or pull it first`,
  );
});

it.each([
  "Error: inspecting object: invalid reference format",
  "Error response from daemon: invalid reference format: repository name must be lowercase",
])("says that a name is none", async (words) => {
  await expect(failing(words).inspectImage("A b")).rejects.toThrow(
    '"A b" is not the name of an image',
  );
});

it("hands on the last line of any other failure", async () => {
  await expect(
    failing("cannot reach the daemon").inspectImage("x"),
  ).rejects.toThrow("image failed: cannot reach the daemon");
});
