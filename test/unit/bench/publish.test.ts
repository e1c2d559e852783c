import { describe, expect, it } from "vitest";
import { commandLine, replaceSection } from "../../bench/publish.ts";

const text = `# Title

<!-- bench: encode -->

old

<!-- /bench -->

between

<!-- bench: session -->

kept

<!-- /bench -->
`;

describe("a section of the document", () => {
  it("is replaced, and nothing else", () => {
    const replaced = replaceSection(text, "encode", "new");
    expect(replaced).toBe(text.replace("old", "new"));
    expect(replaceSection(replaced, "encode", "new")).toBe(replaced);
  });

  it("must be there", () => {
    expect(() => replaceSection(text, "growth", "new")).toThrow(
      "docs/performance.md has no section growth",
    );
  });
});

describe("the command of a result", () => {
  it("is what a person types, without where the result goes", () => {
    expect(commandLine("encode", ["--growth", "--update"])).toBe(
      "npm run bench -- encode --growth",
    );
  });
});
