/**
 * `scripts/build-images.sh` with a real engine and a real registry, on images that are built in a second.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ImageRepository, resultOf } from "../../fixtures/image-repository.ts";
import { freePort } from "../../fixtures/free-port.ts";

const timeout = { timeout: 120_000 };

interface SummaryEntry {
  name: string;
  reference: string;
  digest: string;
  layers: { digest: string }[];
}

let repository: ImageRepository;
beforeEach(() => {
  repository = new ImageRepository();
});
afterEach(async () => {
  await repository.close();
});

function summary(folder = "dist/images"): SummaryEntry[] {
  const file = join(repository.root, folder, "summary.json");
  return JSON.parse(readFileSync(file, "utf8")) as SummaryEntry[];
}

function digests(): Record<string, string> {
  return Object.fromEntries(
    summary().map(({ name, digest }) => [name, digest]),
  );
}

interface RawConfig {
  created: string;
  config: { Labels: Record<string, string>; Healthcheck?: object };
}

function localConfig(reference: string): RawConfig {
  const name = `containers-storage:${reference}`;
  const text = repository.tool("skopeo", "inspect", "--config", "--raw", name);
  return JSON.parse(text) as RawConfig;
}

describe("a build", timeout, () => {
  it("builds every image after its base and says of each what it is", async () => {
    const run = await repository.run(["--all", "--version", "1.2.3"]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(summary().map(({ name }) => name)).toEqual([
      "runtime",
      "runtime-minimal",
      "one",
      "two",
    ]);
    expect(repository.localTags()).toEqual([
      "localhost/streamspace/one:1.2.3",
      "localhost/streamspace/runtime-minimal:1.2.3",
      "localhost/streamspace/runtime:1.2.3",
      "localhost/streamspace/two:1.2.3",
    ]);
    expect(run.stdout).toMatch(/^two amd64 .* 5 .* sha256:[\da-f]{64}$/m);
    expect(run.stdout).toMatch(/^one amd64 .* unavailable /m);
    const { config, created } = localConfig("localhost/streamspace/one:1.2.3");
    const time = repository.git("log", "-1", "--format=%ct");
    expect(Date.parse(created)).toBe(Number(time) * 1000);
    expect(config.Labels).toMatchObject({
      "org.opencontainers.image.title": "One",
      "org.opencontainers.image.version": "1.2.3",
      "org.opencontainers.image.revision": repository.git("rev-parse", "HEAD"),
    });
    expect(config.Healthcheck).toMatchObject({ Test: ["CMD", "healthcheck"] });
  });

  it("gives the same digests from nothing, and to a commit that changes no image", async () => {
    await repository.run(["--all", "--version", "1"]);
    const first = digests();
    const again = await repository.run(
      ["--all", "--version", "1", "--no-cache"],
      { STREAMSPACE_IMAGE_CACHE: join(repository.folder, "other-cache") },
    );
    expect(again.exitCode, again.stderr).toBe(0);
    expect(digests()).toEqual(first);

    const before = summary().map(({ layers }) => layers);
    repository.write("README.md", "new\n");
    repository.commit("second");
    await repository.run(["--all", "--version", "1"]);
    // The labels are others, the layers are not.
    expect(summary().map(({ layers }) => layers)).toEqual(before);
  });

  it("leaves the engine alone where nothing changed, and builds what did on what did", async () => {
    const build = async (): Promise<string[]> => {
      const run = await repository.run(["--all", "--version", "1"]);
      expect(run.exitCode, run.stderr).toBe(0);
      return [...run.stderr.matchAll(/\] (\S+) \S+: nothing changed/g)].map(
        ([, name]) => name ?? "",
      );
    };
    expect(await build()).toEqual([]);
    expect(await build()).toEqual(["runtime", "runtime-minimal", "one", "two"]);
    repository.write("images/one/application", "another\n");
    expect(await build()).toEqual(["runtime", "runtime-minimal"]);
    repository.write("agent/os-release", "ID=other\n");
    expect(await build()).toEqual([]);
    // What somebody else put in the place of an image is not taken for it.
    const staging = (name: string): string =>
      `localhost/streamspace-staging/${name}:amd64`;
    repository.tool("buildah", "tag", staging("one"), staging("two"));
    expect(await build()).toEqual(["runtime", "runtime-minimal", "one"]);
    expect(summary().at(-1)?.layers).toHaveLength(5);
  });

  it("gives the same digest when the engine has layers of somebody else's build", async () => {
    repository.tool(
      "buildah",
      ...["bud", "--layers", "--format", "docker", "--timestamp", "1000000000"],
      ...["--isolation", "chroot", "--target", "runtime", repository.root],
    );
    await repository.run(["--version", "1"]);
    const taken = digests();
    await repository.run(["--version", "1", "--no-cache"]);
    expect(digests()).toEqual(taken);
  });

  it("gives the same digests with podman as with buildah", async () => {
    const digestsBy: Record<string, string>[] = [];
    for (const engine of ["buildah", "podman"]) {
      const run = await repository.run([
        ...["--all", "--version", "1", "--no-cache", "--engine", engine],
      ]);
      expect(run.exitCode, run.stderr).toBe(0);
      digestsBy.push(digests());
    }
    expect(digestsBy[1]).toEqual(digestsBy[0]);
  });

  it("builds only what changed since a revision, and what is built on it", async () => {
    repository.write("images/two/application", "another\n");
    const changed = await repository.run(["--changed", "HEAD"]);
    expect(changed.exitCode, changed.stderr).toBe(0);
    expect(summary().map(({ name }) => name)).toEqual(["two"]);
    repository.commit("second");
    const nothing = await repository.run(["--changed", "HEAD"]);
    expect(nothing.stdout).toBe(
      "nothing to build: no image changed since HEAD\n",
    );
    const older = await repository.run(["--changed", "HEAD~1", "--dry-run"]);
    expect(older.stdout).toMatch(/^two amd64: localhost\/streamspace\/two:/m);
    expect(older.stdout).toMatch(/^one amd64: only because/m);
  });

  it("builds on the minimal runtime under tags of its own", async () => {
    const run = await repository.run([
      ...["--minimal", "--name", "one", "--version", "1"],
    ]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(repository.localTags()).toEqual([
      "localhost/streamspace/one:1-minimal",
    ]);
    expect(summary("dist/images/minimal")[0]?.layers).toHaveLength(2);
  });

  it("does nothing in a dry run", async () => {
    const run = await repository.run(["--all", "--dry-run"]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toContain("--target runtime ");
    expect(repository.tool("buildah", "images", "--noheading")).toBe("");
    expect(readdirSync(repository.root)).not.toContain("dist");
  });

  it("tags nothing that violates the policy", async () => {
    const file = join(repository.root, "images", "policy.yaml");
    const policy = readFileSync(file, "utf8");
    writeFileSync(file, policy.replace("default: 2200", "default: 0"));
    const run = await repository.run(["--all"]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /error: one violates images\/policy\.yaml: it has 0\.0 MB, and 0 are allowed/,
    );
    expect(repository.localTags()).toEqual([]);
  });

  it("builds nothing where a violation is known before", async () => {
    const refused = async (
      args: readonly string[],
      message: string,
      environment = {},
    ): Promise<void> => {
      const run = await repository.run(args, environment);
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toContain(`violates images/policy.yaml: ${message}`);
      expect(run.stderr).not.toContain(": building");
      expect(repository.tool("buildah", "images", "--noheading")).toBe("");
    };
    const registry = await repository.startRegistry();
    await refused(
      ["--push", "--registry", registry],
      "it is to be pushed without a signature; add --sign",
    );
    // The base of a base: what is built on it is refused as well.
    repository.write(
      "Dockerfile",
      readFileSync(join(repository.root, "Dockerfile"), "utf8").replace(
        "FROM scratch AS runtime\n",
        "FROM ${BASE_IMAGE} AS runtime\n",
      ),
    );
    await refused(
      ["--name", "two"],
      "it is built on docker.io/library/other:1, which is not among the allowed bases",
      { STREAMSPACE_BASE_IMAGE: "docker.io/library/other:1" },
    );
    const file = join(repository.root, "images", "policy.yaml");
    const policy = readFileSync(file, "utf8");
    writeFileSync(file, policy.replace("able: report", "able: fail"));
    await refused(
      ["--name", "one"],
      "its vulnerabilities are unknown: neither trivy nor grype is installed",
    );
  });

  it("leaves no tag and no program behind when it is interrupted", async () => {
    const registry = await repository.startRegistry();
    repository.write("images/two/Dockerfile", "FROM scratch\nCOPY never /\n");
    // A package database of some size keeps the engine busy for long enough.
    repository.write("images/one/application", "x".repeat(200_000_000));
    const child = repository.start([
      ...["--all", "--registry", registry, "--push", "--sign"],
    ]);
    const result = resultOf(child);
    const cache = join(repository.folder, "cache");
    const log = join(repository.root, "dist", "images", "one-amd64.log");
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      const isBuilding = await Promise.resolve()
        .then(() => readFileSync(log, "utf8").length > 0)
        .catch(() => false);
      if (isBuilding) break;
      await sleep(20);
    }
    child.kill("SIGTERM");
    const { exitCode, stderr } = await result;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toMatch(/error: interrupted while/);
    expect(repository.localTags()).toEqual([]);
    const catalogue = await fetch(`http://${registry}/v2/_catalog`);
    expect(await catalogue.json()).toEqual({ repositories: [] });
    expect(
      readdirSync(cache).filter((name) => /^(lock|build-)/.test(name)),
    ).toEqual([]);
  });
});

describe("bad input", timeout, () => {
  const cases: [string, string[], number, RegExp][] = [
    ["an unknown option", ["--al"], 78, /unknown option --al; see --help/],
    [
      "a name that is no image",
      ["--name", "ome"],
      78,
      /there is no image "ome"; did you mean one\?/,
    ],
    [
      "an engine that does not exist",
      ["--engine", "kaniko"],
      78,
      /there is no engine "kaniko"/,
    ],
    [
      "a revision that does not exist",
      ["--changed", "nowhere"],
      78,
      /"nowhere" is no revision of git/,
    ],
    ["a push to nowhere", ["--push"], 78, /--push needs --registry/],
  ];
  it.each(cases)("%s is one sentence", async (_, args, exitCode, message) => {
    const run = await repository.run(args);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trim().split("\n")).toHaveLength(1);
    expect(run.stdout).toBe("");
  });

  it("an unreachable registry is found before anything is built", async () => {
    const registry = `localhost:${await freePort()}`;
    const run = await repository.run([
      ...["--all", "--registry", registry, "--push", "--sign"],
    ]);
    expect(run.exitCode).toBe(69);
    expect(run.stderr).toMatch(
      /^error: the registry localhost:\d+ cannot be reached: .*\n$/,
    );
    expect(repository.tool("buildah", "images", "--noheading")).toBe("");
  });

  it("an engine that is not installed is one sentence", async () => {
    const run = await repository.run(["--engine", "podman"], {
      PATH: repository.pathWithout("podman"),
    });
    expect(run.exitCode).toBe(69);
    expect(run.stderr).toBe(
      "error: the engine podman is not installed; install it or choose another with --engine\n",
    );
  });

  it("an image without the argument that it needs is one sentence, and built with it", async () => {
    repository.write(
      "images/two/Dockerfile",
      'ARG RUNTIME_IMAGE\nFROM ${RUNTIME_IMAGE}\nARG TWO_URL=""\nCOPY images/two/$TWO_URL /opt/two\n',
    );
    const without = await repository.run(["--name", "two"]);
    expect(without.exitCode).toBe(69);
    expect(without.stderr).toBe(
      "error: two needs TWO_URL in the environment, see images/two/README.md\n",
    );
    const run = await repository.run(["--name", "two", "--version", "1"], {
      TWO_URL: "application",
    });
    expect(run.exitCode, run.stderr).toBe(0);
    expect(repository.localTags()).toContain("localhost/streamspace/two:1");
  });

  it("a build that fails says so with the engine's last lines", async () => {
    repository.write(
      "images/one/Dockerfile",
      "ARG RUNTIME_IMAGE\nFROM ${RUNTIME_IMAGE}\nCOPY images/one/absent /\n",
    );
    const run = await repository.run(["--name", "one"]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/images\/one\/absent/);
    expect(run.stderr).toMatch(/error: building one for amd64 failed: /);
    expect(repository.localTags()).toEqual([]);
  });
});
