import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withoutUnbuildable } from "../../../../scripts/images/build-arguments.ts";
import {
  findArguments,
  requiredArguments,
} from "../../../../scripts/images/build-arguments.ts";
import {
  parseCatalogue,
  readCatalogue,
  runtimes,
} from "../../../../scripts/images/catalogue.ts";
import { BuildFailure } from "../../../../scripts/images/failure.ts";
import { versionOf } from "../../../../scripts/images/git.ts";
import { labelsOf } from "../../../../scripts/images/naming.ts";
import {
  changedImages,
  isInputOf,
  planBuild,
} from "../../../../scripts/images/plan.ts";
import {
  parallelBuilds,
  runInOrder,
} from "../../../../scripts/images/schedule.ts";

function catalogue(...entries: [string, ...string[]][]) {
  const list = entries.map(([name, ...dependsOn]) => ({
    name,
    title: name,
    dependsOn,
  }));
  return parseCatalogue(JSON.stringify({ version: 1, images: list }), "c.json");
}
const nothing = {
  names: [],
  all: false,
  minimal: false,
  changedFiles: undefined,
};
const images = catalogue(["suite", "office"], ["office"], ["gimp"]);
const names = (plan: ReturnType<typeof planBuild>): string[] =>
  plan.map(({ image, isWanted }) => image.name + (isWanted ? "" : "*"));

describe("the plan of a build", () => {
  it.each([
    [{}, ["runtime"]],
    [{ minimal: true }, ["runtime-minimal"]],
    [{ names: ["suite"] }, ["runtime*", "office*", "suite"]],
    [{ names: ["gimp", "gimp"] }, ["runtime*", "gimp"]],
    [{ names: ["gimp"], minimal: true }, ["runtime-minimal*", "gimp"]],
    [{ names: ["runtime"], minimal: true }, ["runtime-minimal"]],
    [
      { names: ["gimp", "runtime"], minimal: true },
      ["runtime-minimal", "gimp"],
    ],
    [
      { changedFiles: ["agent/app.ts"], minimal: true },
      ["runtime-minimal", "office", "suite", "gimp"],
    ],
    [{ all: true }, ["runtime", "runtime-minimal", "office", "suite", "gimp"]],
    [
      { all: true, minimal: true },
      ["runtime-minimal", "office", "suite", "gimp"],
    ],
    [{ changedFiles: [] }, []],
    [{ changedFiles: ["docs/a.md"] }, []],
    [
      { changedFiles: ["images/office/session/x"] },
      ["runtime*", "office", "suite"],
    ],
  ])("for %j is %j", (selection, expected) => {
    expect(names(planBuild(images, { ...nothing, ...selection }))).toEqual(
      expected,
    );
  });

  it("guesses what a mistyped name meant, and lists the names otherwise", () => {
    const plan = (name: string) => () =>
      planBuild(images, { ...nothing, names: [name] });
    expect(plan("gimpp")).toThrow(
      'there is no image "gimpp"; did you mean gimp?',
    );
    expect(plan("photoshop")).toThrow(
      'there is no image "photoshop"; there are runtime, runtime-minimal, suite, office, gimp',
    );
  });

  it("refuses images that depend on themselves, or on nothing that exists", () => {
    const all = { ...nothing, all: true };
    expect(() => planBuild(catalogue(["a", "b"], ["b", "a"]), all)).toThrow(
      "images depend on themselves: a → b → a",
    );
    expect(() => planBuild(catalogue(["a", "x"]), all)).toThrow(
      'a depends on "x", which is no image',
    );
  });

  it("has everything after what it is built on, whatever the catalogue's order", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(["a", "b", "c", "d", "e"], { minLength: 1 }),
        (order) => {
          const chain = order.map((name): [string, ...string[]] => {
            const bases = order.filter((other) => other < name);
            return [name, ...bases.slice(-2)];
          });
          const plan = planBuild(catalogue(...chain), {
            ...nothing,
            all: true,
          });
          const place = new Map(plan.map(({ image }, i) => [image.name, i]));
          for (const { image } of plan) {
            for (const base of image.dependsOn) {
              expect(place.get(base)).toBeLessThan(place.get(image.name) ?? -1);
            }
          }
        },
      ),
    );
  });
});

describe("what a change touches", () => {
  it.each([
    ["agent/app.ts", 5],
    ["package-lock.json", 5],
    ["images/runtime/clean.sh", 5],
    ["images/catalogue.json", 5],
    ["images/gimp/Dockerfile", 1],
    ["images/policy.yaml", 0],
    ["test/unit/a.test.ts", 0],
    ["scripts/build-images.sh", 0],
  ])("%s: %d images", (file, count) => {
    expect(changedImages(images, [file]).size).toBe(count);
  });
});

describe("arguments that an image needs", () => {
  it("are those that its Dockerfile declares as empty", () => {
    const text = "ARG A=\"\"\nARG B=\nARG C=x\nARG D\n  ARG E=''\n";
    expect(requiredArguments(text)).toEqual(["A", "B", "E"]);
  });

  it("may be given without being required, where they have no value at all", () => {
    const text =
      "ARG RUNTIME_IMAGE\nFROM ${RUNTIME_IMAGE}\nARG TARGETARCH\nARG PACKAGE_URL\nARG OTHER_URL\nFROM scratch\nARG PACKAGE_URL\n";
    const environment = {
      PACKAGE_URL: "https://a.example/b.deb",
      OTHER_URL: "",
      RUNTIME_IMAGE: "x",
      TARGETARCH: "x",
    };
    expect(findArguments(text, environment)).toEqual({
      values: { PACKAGE_URL: "https://a.example/b.deb" },
      missing: [],
    });
  });

  it("leave out the image and what is built on it, or fail where it was named", () => {
    const plan = planBuild(images, { ...nothing, all: true });
    const missing = ({ name }: { name: string }) =>
      name === "office" ? ["OFFICE_URL"] : [];
    const said: string[] = [];
    const left = withoutUnbuildable(plan, missing, false, (line) =>
      said.push(line),
    );
    expect(names(left)).toEqual(["runtime", "runtime-minimal", "gimp"]);
    expect(said).toEqual([
      "left out: office needs OFFICE_URL in the environment, see images/office/README.md",
      "left out: suite is built on office",
    ]);
    expect(() =>
      withoutUnbuildable(plan, missing, true, () => undefined),
    ).toThrow("office needs OFFICE_URL");
  });

  it.each([
    [["images/office/a"], []],
    [
      ["images/office/a", "images/gimp/a"],
      ["runtime*", "gimp"],
    ],
  ])("without it, after a change of %j, has %j", (changedFiles, expected) => {
    const plan = planBuild(images, { ...nothing, changedFiles });
    const missing = ({ name }: { name: string }) =>
      name === "office" ? ["OFFICE_URL"] : [];
    const left = withoutUnbuildable(plan, missing, false, () => undefined);
    expect(names(left)).toEqual(expected);
  });
});

describe("a catalogue", () => {
  it.each([
    ["{", /c\.json is no JSON/],
    [
      '[{"name":"A b","title":"x"}]',
      /c\.json: images\.0\.name: "A b": a name has/,
    ],
    ['[{"name":"a--b","title":"x"}]', /"a--b": a name has/],
    [
      '{"images":[{"name":"runtime-minimal","title":"x"}]}',
      /-minimal at the end/,
    ],
    ["[]", /c\.json has no images/],
    ['{"version":1}', /c\.json: images: /],
    ['[{"name":"a","title":"x"},{"name":"a","title":"y"}]', /has a twice/],
  ])("%s is refused", (text, message) => {
    expect(() => parseCatalogue(text, "c.json")).toThrow(message);
  });

  it("that is missing is one sentence", () => {
    expect(() => readCatalogue("/nowhere/c.json")).toThrow(
      new BuildFailure(
        "usage",
        "the catalogue cannot be read: ENOENT: no such file or directory, open '/nowhere/c.json'",
      ),
    );
  });
});

describe("the version of images", () => {
  const facts = {
    packageVersion: "0.1.0",
    revision: "abcdef1234",
    isDirty: false,
  };
  it.each([
    [{ described: "v1.2.0" }, "1.2.0"],
    [{ described: "v1.2.0-5-gabcdef1" }, "1.2.0-5-gabcdef1"],
    [{ described: "v1.2.0-rc.1" }, "1.2.0-rc.1"],
    [{ described: "" }, "0.1.0-gabcdef1"],
    [{ described: "v1.2.0", isDirty: true }, "1.2.0-dirty"],
    [{ described: "v1.2.0+build" }, "1.2.0-build"],
  ])("of %j is %s", (change, expected) => {
    expect(versionOf({ ...facts, ...change })).toBe(expected);
  });
});

describe("the labels of an image", () => {
  const [runtime] = runtimes;
  if (runtime === undefined) throw new Error("there is no runtime");
  const facts = {
    version: "1",
    revision: "a",
    created: "2026-01-01T00:00:00Z",
  };
  const source = "https://example.org/a";
  const prefix = "org.opencontainers.image.";

  it("leave licences, and a source that git does not know, to the Dockerfile", () => {
    expect(
      Object.keys(labelsOf(runtime, { ...facts, source: undefined })),
    ).toEqual(
      ["title", "description", "version", "revision", "created", "vendor"].map(
        (name) => prefix + name,
      ),
    );
  });

  it("have the source that git knows", () => {
    expect(labelsOf(runtime, { ...facts, source })).toMatchObject({
      [`${prefix}source`]: source,
    });
  });
});

describe("the order of work", () => {
  const items = [
    { name: "a", dependsOn: [] },
    { name: "b", dependsOn: ["a"] },
    { name: "c", dependsOn: [] },
    { name: "d", dependsOn: ["b", "c"] },
  ];

  it.each([1, 2, 9])(
    "waits for what each needs, %d at a time",
    async (limit) => {
      const log: string[] = [];
      let running = 0;
      await runInOrder(items, limit, async ({ name }) => {
        running += 1;
        expect(running).toBeLessThanOrEqual(limit);
        await Promise.resolve();
        log.push(name);
        running -= 1;
      });
      expect(log.indexOf("a")).toBeLessThan(log.indexOf("b"));
      expect(log.at(-1)).toBe("d");
      expect(log).toHaveLength(4);
    },
  );

  it("begins nothing after a failure, and waits for what runs", async () => {
    const log: string[] = [];
    const work = async ({ name }: { name: string }): Promise<void> => {
      if (name === "a") throw new Error("a failed");
      await new Promise((resolve) => setTimeout(resolve, 5));
      log.push(name);
    };
    await expect(runInOrder(items, 2, work)).rejects.toThrow("a failed");
    expect(log).toEqual(["c"]);
  });

  it("is one build at a time on two cores", () => {
    expect([1, 2, 4, 8, 16].map(parallelBuilds)).toEqual([1, 1, 1, 2, 4]);
  });
});

/** What the Dockerfile takes from the repository, without the stages for people, which take everything. */
function copiedFiles(root: string, dockerfile: string): string[] {
  const text = readFileSync(join(root, dockerfile), "utf8");
  const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)];
  const mounted = [...text.matchAll(/--mount=type=bind,source=([^,\s]+)/g)];
  return [...copied, ...mounted]
    .flatMap(([, sources = ""]) => sources.split(" "))
    .filter((source) => source !== ".")
    .flatMap((source) => globSync([source, `${source}/**/*`], { cwd: root }))
    .filter((path) => globSync(`${path}/*`, { cwd: root }).length === 0);
}

describe("what an image is built from", () => {
  const root = fileURLToPath(new URL("../../../..", import.meta.url));
  const real = readCatalogue(join(root, "images", "catalogue.json"));

  it.each(real)("is all that the Dockerfile of $name copies", (image) => {
    const paths = [image.dockerfile, ...copiedFiles(root, image.dockerfile)];
    expect(paths.length).toBeGreaterThan(2);
    expect(paths.filter((path) => !isInputOf(image, path))).toEqual([]);
  });
});
