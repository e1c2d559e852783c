/**
 * The import rules of the project. ARCHITECTURE.md quotes the titles.
 */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  findCycle,
  importsOf,
  readImports,
  type Import,
} from "./import-graph.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const imports = readImports(root, ["agent", "encoders", "signaling", "client"]);
const own = imports.filter(({ isPackage }) => !isPackage);

/** The parts that know nothing of each other, and what each may import beside itself. */
const parts: Readonly<Record<string, readonly string[]>> = {
  "agent/base/": [],
  "agent/x11/": ["agent/base/"],
  "encoders/": ["agent/base/"],
  "signaling/": ["agent/base/"],
  "client/": ["signaling/protocol"],
};

/** Packages that must not leak: the one module that may import each. */
const soleImporters: Readonly<Record<string, string>> = {
  werift: "signaling/webrtc/werift-peer.ts",
  x11: "agent/x11/connection.ts",
  koffi: "encoders/gstreamer-library.ts",
};

/** Sentences about the members of `some` that are not allowed. */
function describeEach(some: readonly Import[]): string[] {
  return some.map(({ from, to }) => `${from} imports ${to}`);
}

function outsideOf(part: string, all: readonly Import[]): Import[] {
  const allowed = [part, ...(parts[part] ?? [])];
  return all.filter(
    ({ from, to }) =>
      from.startsWith(part) && !allowed.some((prefix) => to.startsWith(prefix)),
  );
}

describe("import rules", () => {
  it.each(Object.entries(parts))(
    "%s imports of this project only itself and [%s]",
    (part) => {
      expect(own.some(({ from }) => from.startsWith(part))).toBe(true);
      expect(describeEach(outsideOf(part, own))).toEqual([]);
    },
  );

  it.each(Object.entries(soleImporters))(
    "the package %s is imported by %s alone",
    (name, sole) => {
      const others = imports.filter(
        ({ from, to }) => to === name && from !== sole,
      );
      expect(describeEach(others)).toEqual([]);
    },
  );

  it("the wire protocol imports nothing but the schema library", () => {
    const used = imports.filter(({ from }) =>
      from.startsWith("signaling/protocol"),
    );
    const others = used.filter(
      ({ to }) => to !== "valibot" && !to.startsWith("signaling/protocol/"),
    );
    expect(used.map(({ to }) => to)).toContain("valibot");
    expect(describeEach(others)).toEqual([]);
  });

  it("nothing but the command line imports the composition root", () => {
    const wrong = own.filter(
      ({ from, to }) => to === "agent/app.ts" && !from.startsWith("agent/cli/"),
    );
    expect(describeEach(wrong)).toEqual([]);
  });

  it("nothing imports the command line", () => {
    const wrong = outside("agent/cli/");
    expect(describeEach(wrong)).toEqual([]);
  });

  it("the product imports neither tests nor scripts", () => {
    const wrong = own.filter(({ to }) => /^(test|scripts)\//.test(to));
    expect(describeEach(wrong)).toEqual([]);
  });

  // Imports of types are gone at run time: a consumer's interface may lie beside the consumer.
  const values = own.filter(({ isTypeOnly }) => !isTypeOnly);

  it("no module imports itself by way of others", () => {
    expect(findCycle(values.map(({ from, to }) => [from, to]))).toBeUndefined();
  });

  it("no part imports itself by way of other parts", () => {
    const edges = values
      .map(({ from, to }) => [partOf(from), partOf(to)] as const)
      .filter(([from, to]) => from !== to);
    expect(findCycle(edges)).toBeUndefined();
  });
});

function outside(folder: string): Import[] {
  return own.filter(
    ({ from, to }) => to.startsWith(folder) && !from.startsWith(folder),
  );
}

/**
 * A part is a folder of the root, or of `agent/`. The composition root and the wire protocol stand
 * for themselves: the one builds on everybody, everybody may build on the other.
 */
function partOf(path: string): string {
  if (path.startsWith("signaling/protocol")) return "signaling/protocol";
  const depth = path.startsWith("agent/") ? 2 : 1;
  return path.split("/").slice(0, depth).join("/");
}

describe("the reader of imports", () => {
  const text = `
    import { a } from "./a.ts";
    import type { B } from "../base/b.ts";
    import { type C, type D } from "../c.ts";
    import { type E, f } from "@scope/name/deep.js";
    export * from "node:fs";
    export type { G } from "./g.ts";
    const lazy = await import("../lazy.ts");
    type H = import("werift").H;
  `;

  it("sees static, dynamic, re-exporting and type imports", () => {
    const seen = importsOf("agent/x/m.ts", text).map(
      ({ to, isTypeOnly }) => `${to}${isTypeOnly ? " (types)" : ""}`,
    );
    expect(seen).toEqual([
      "agent/x/a.ts",
      "agent/base/b.ts (types)",
      "agent/c.ts (types)",
      "@scope/name",
      "node:fs",
      "agent/x/g.ts (types)",
      "agent/lazy.ts",
      "werift (types)",
    ]);
  });

  it("reports an import that leaves its part", () => {
    const found = importsOf(
      "encoders/pipeline.ts",
      'import { x } from "../agent/x11/connection.ts";',
    );
    expect(describeEach(outsideOf("encoders/", found))).toEqual([
      "encoders/pipeline.ts imports agent/x11/connection.ts",
    ]);
  });

  it("finds a cycle and shows its way", () => {
    const edges = [
      ["a", "b"],
      ["b", "c"],
      ["c", "b"],
    ] as const;
    expect(findCycle(edges)).toEqual(["b", "c", "b"]);
    expect(findCycle(edges.slice(0, 2))).toBeUndefined();
  });
});
