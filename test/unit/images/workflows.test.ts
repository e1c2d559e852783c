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

it.each(readdirSync(folder))(
  "%s hands values to scripts as variables, never as text of the script",
  (file) => {
    const scripts = scriptsOf(readFileSync(join(folder, file), "utf8"));
    expect(scripts.length).toBeGreaterThan(2);
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  },
);
