/**
 * What is made of an engine's words, with stand-ins for engines.
 */
import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { poll } from "../../../agent/base/deadline.ts";
import { Belongings } from "../../../scripts/test-image/belongings.ts";
import { Engine } from "../../../scripts/test-image/engine.ts";
import { listLayers } from "../../../scripts/test-image/layers.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "engine-test-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** An engine that does what a shell makes of `script`. */
function scripted(script: string, belongings?: Belongings): Engine {
  const file = join(folder, "engine");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return new Engine(file, belongings);
}

/** An engine that fails with these words. */
function failing(words: string): Engine {
  return scripted(`printf '%s\\n' '${words}' >&2\nexit 125`);
}

/** An engine that writes down what it is asked, and whose `run` goes on with `rest`. */
function recording(rest: string, belongings?: Belongings): Engine {
  return scripted(
    `echo "$@" >>${folder}/asked\n[ "$1" != run ] || { ${rest}; }`,
    belongings,
  );
}

/** What a recording engine was asked, with ID for the name of the container. */
function asked(): string[] {
  const text = readFileSync(join(folder, "asked"), "utf8");
  return text
    .replaceAll(/streamspace-test-\w+/g, "ID")
    .trim()
    .split("\n");
}

async function until(isTrue: () => boolean): Promise<void> {
  await poll(() => isTrue() || undefined, {
    everyMs: 10,
    timeoutMs: 5_000,
    what: "it",
  });
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

describe("a deadline", () => {
  it("ends what the engine has started as well", async () => {
    const engine = scripted(`sleep 30 & echo $! >${folder}/pid; wait`);
    const startedMs = performance.now();
    await expect(engine.run(["version"], { timeoutMs: 300 })).rejects.toThrow(
      "version took longer than 300 ms",
    );
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    const pid = readFileSync(join(folder, "pid"), "utf8").trim();
    await until(() => !isRunning(pid));
  });

  it("kills what does not listen to SIGTERM", async () => {
    const engine = scripted("trap '' TERM; while :; do sleep 0.1; done");
    await expect(engine.run(["version"], { timeoutMs: 100 })).rejects.toThrow(
      "took longer",
    );
  });

  it("does not wait for one in another session that holds the output", async () => {
    const engine = scripted("setsid sleep 4 & exit 0");
    await expect(engine.run(["version"], { timeoutMs: 300 })).rejects.toThrow(
      "took longer",
    );
  });
});

/** A process that has ended and is not waited for does not run. */
function isRunning(pid: string): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !readFileSync(file, "utf8").includes(") Z ");
}

describe("a container", () => {
  it("is removed where its start fails", async () => {
    const engine = recording("echo 'no such program' >&2; exit 127");
    await expect(engine.start({ image: "x" })).rejects.toThrow(
      "run failed: no such program",
    );
    expect(asked()).toEqual([
      "run --detach --name ID x",
      "kill ID",
      "rm --force --volumes ID",
    ]);
  });

  it("is removed once, however often that is asked", async () => {
    const engine = recording("exit 0");
    const container = await engine.start({ image: "x" });
    await container[Symbol.asyncDispose]();
    await container[Symbol.asyncDispose]();
    await engine.belongings.removeAll();
    expect(asked().slice(1)).toEqual(["kill ID", "rm --force --volumes ID"]);
  });

  it("that asks a shell leaves nothing, and the answer is what was printed", async () => {
    const engine = recording("echo found");
    expect(await engine.askShell("x", "find /")).toBe("found");
    expect(asked().at(-1)).toBe("rm --force --volumes ID");
  });

  it("that is just being made is removed before its volume at the end of everything", async () => {
    const engine = recording("sleep 30");
    engine.ownVolume();
    const start = engine.start({ image: "x" }).catch((error: unknown) => error);
    await until(() => existsSync(join(folder, "asked")));
    await engine.belongings.removeAll();
    expect(String(await start)).toMatch(/run was interrupted/);
    expect(asked().slice(1)).toEqual([
      "kill ID",
      "rm --force --volumes ID",
      "volume rm --force ID",
    ]);
    await expect(engine.run(["version"])).rejects.toThrow("interrupted");
    await expect(engine.start({ image: "x" })).rejects.toThrow(
      "everything is being removed",
    );
  });

  it("that stays is named", async () => {
    const warnings: string[] = [];
    const belongings = new Belongings({
      warn: (words) => warnings.push(words),
    });
    const engine = scripted(
      `[ "$1" != rm ] || { echo 'device is busy' >&2; exit 1; }`,
      belongings,
    );
    const container = await engine.start({ image: "x" });
    await container[Symbol.asyncDispose]();
    expect(warnings.join()).toMatch(
      /^warning: the container streamspace-test-\w+ is left behind: .*device is busy$/,
    );
  });
});

describe("the layers of an image", () => {
  const leftFolders = (): string[] =>
    readdirSync(folder).filter((name) => name.startsWith("streamspace-test-"));

  beforeEach(() => {
    vi.stubEnv("TMPDIR", folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("are read, and the unpacked image goes", async () => {
    const engine = scripted(
      `cd ${folder} && mkdir -p a b && echo 1 >a/secret && tar -cf b/layer.tar a && tar -c b`,
    );
    expect(await listLayers(engine, "x")).toEqual(["a/secret"]);
    expect(leftFolders()).toEqual([]);
  });

  it("leave no folder where reading them is interrupted", async () => {
    const engine = scripted(`echo >${folder}/saving; sleep 30`);
    const names = listLayers(engine, "x").catch((error: unknown) => error);
    await until(() => existsSync(join(folder, "saving")));
    expect(leftFolders()).toHaveLength(1);
    await engine.belongings.removeAll();
    expect(String(await names)).toMatch(/reading the layers was interrupted/);
    expect(leftFolders()).toEqual([]);
  });
});
