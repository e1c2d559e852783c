import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { configReference } from "../../../agent/config/reference.ts";
import { settingNames, settings } from "../../../agent/config/settings.ts";

describe("docs/configuration.md", () => {
  it("is what the table of settings says (mend: npm run docs:config)", async () => {
    const url = new URL("../../../docs/configuration.md", import.meta.url);
    expect(await readFile(url, "utf8")).toBe(configReference());
  });

  it.each(settingNames)("names the variable and the flag of %s", (name) => {
    const { flag, variable } = settings[name];
    expect(configReference()).toContain(`\`${variable}\``);
    if (flag !== undefined) expect(configReference()).toContain(`\`${flag}`);
  });
});

describe("the table of settings", () => {
  it("gives each flag and each variable once", () => {
    const all = settingNames.map((name) => settings[name]);
    const variables = all.map(({ variable }) => variable);
    const flags = all.flatMap(({ flag }) => flag ?? []);
    expect(new Set(variables).size).toBe(variables.length);
    expect(new Set(flags).size).toBe(flags.length);
  });
});
