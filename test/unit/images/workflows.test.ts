import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../../.github/workflows");

/** The scripts in a workflow: what follows `run:`, on its line or indented below it. */
function scriptsOf(workflow: string): string[] {
  const scripts = workflow.matchAll(
    /^( +)(?:- )?run: *(?:[|>][-+]?\n((?:\1 +.*\n|\n)*)|(.+)\n)/gm,
  );
  return [...scripts].map(([, , block, line]) => block ?? line ?? "");
}

it("images are published since the last run that succeeded, as the one before may not have", () => {
  const workflow = readFileSync(join(folder, "images.yml"), "utf8");
  expect(workflow).not.toContain("github.event.before");
  expect(workflow).toMatch(/gh run list .*--status success/);
  // Without it, the list is refused.
  expect(workflow).toMatch(/^ {6}actions: read$/m);
});

it("what was tested is not written over by what is published", () => {
  const workflow = readFileSync(join(folder, "images.yml"), "utf8");
  const [tested, published] = [" --version ci", " --push"].map((option) =>
    scriptsOf(workflow).findIndex((script) => script.includes(option)),
  );
  const moved = scriptsOf(workflow).findIndex((script) =>
    script.includes("mv dist/images dist/tested-images\n"),
  );
  expect(moved).toBeGreaterThan(tested ?? -1);
  expect(moved).toBeLessThan(published ?? -1);
  expect(workflow).toMatch(/^ {12}dist\/tested-images\n {12}dist\/images$/m);
});

it.each(readdirSync(folder))(
  "%s hands values to scripts as variables, never as text of the script",
  (file) => {
    const scripts = scriptsOf(readFileSync(join(folder, file), "utf8"));
    expect(scripts.length).toBeGreaterThan(2);
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  },
);
