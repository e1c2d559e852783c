/**
 * A new image from the template, in a repository of its own.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { check } from "prettier";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseCatalogue as parseForBuild } from "../../../scripts/images/catalogue.ts";
import { nameProblem } from "../../../scripts/images/image-name.ts";
import { readCatalogue } from "../../../scripts/test-image/catalogue.ts";
import { checkWords } from "../../../scripts/test-image/image-words.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));

describe("words of a new image", () => {
  it.each(["gimp", "a", "a-b", "vs-code2", "x".repeat(40)])(
    "may be called %s",
    (name) => {
      expect(nameProblem(name)).toBeUndefined();
    },
  );

  it.each([
    ["a--b", /single dashes/],
    ["ab-", /single dashes/],
    ["-ab", /begins with a letter/],
    ["7zip", /begins with a letter/],
    ["Gimp", /a-z/],
    ["x".repeat(41), /up to 40/],
    ["", /a name has/],
    ["runtime", /stand on/],
    ["runtime-minimal", /minimal runtime/],
    ["gimp-minimal", /minimal runtime/],
    ["streamspace-gimp", /at the beginning/],
  ])("cannot be called %j", (name, why) => {
    expect(nameProblem(name)).toMatch(why);
  });

  it.each([
    "",
    "  ",
    "+ Foo",
    "-",
    "1. Foo",
    "# Foo",
    "Foo\nBar",
    "x".repeat(41),
  ])("have no title %j", (title) => {
    const words = { name: "foo", program: "foo", title };
    expect(() => checkWords(words)).toThrow(/is no title/);
  });

  it("come back with a title that has no spaces too many", () => {
    const words = { name: "foo", program: "foo", title: " Foo   Bar+ " };
    expect(checkWords(words).title).toBe("Foo Bar+");
  });
});

describe("new-image.ts", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "new-image-"));
    for (const path of ["images/template", "images/catalogue.json"]) {
      cpSync(join(project, path), join(root, path), { recursive: true });
    }
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });
  const run = (...words: string[]) => {
    const script = join(project, "scripts/test-image/new-image.ts");
    return spawnSync("node", [script, root, ...words], {
      encoding: "utf8",
      timeout: 10_000,
    });
  };

  it("writes what the build, the test and the format take", async () => {
    const { status, stderr } = run("foo", "foo", "Foo - 2 ");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const file = join(root, "images/catalogue.json");
    const images = readCatalogue(file).images;
    expect(images.at(-1)).toMatchObject({ name: "foo", title: "Foo - 2" });
    expect(parseForBuild(readFileSync(file, "utf8"), file)).toContainEqual(
      expect.objectContaining({ dockerfile: "images/foo/Dockerfile" }),
    );
    const readme = join(root, "images/foo/README.md");
    const text = readFileSync(readme, "utf8");
    expect(await check(text, { parser: "markdown" })).toBe(true);
  });

  it.each([
    [
      "a broken catalogue",
      "{",
      /^error: images\/catalogue\.json is not JSON.*\n$/,
    ],
    [
      "no catalogue",
      undefined,
      /^error: images\/catalogue\.json cannot be read.*\n$/,
    ],
    [
      "another catalogue",
      "{}",
      /^error: images\/catalogue\.json: version.*\n$/,
    ],
  ])("has a sentence for %s, and writes nothing", (_, text, sentence) => {
    const file = join(root, "images/catalogue.json");
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
    const { status, stderr } = run("foo", "foo", "Foo");
    expect(stderr).toMatch(sentence);
    expect(status).toBe(2);
    expect(existsSync(join(root, "images/foo"))).toBe(false);
  });

  it("leaves an image alone that is there", () => {
    expect(run("template", "foo", "Foo").stderr).toBe(
      "error: images/template is there already\n",
    );
  });
});
