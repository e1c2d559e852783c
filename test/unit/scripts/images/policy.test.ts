import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readCatalogue } from "../../../../scripts/images/catalogue.ts";
import {
  checkNames,
  parsePolicy,
} from "../../../../scripts/images/policy-file.ts";
import {
  externalBases,
  violations,
  type ImageFacts,
} from "../../../../scripts/images/policy.ts";
import { countFindings } from "../../../../scripts/images/scan.ts";
import { describeScan } from "../../../../scripts/images/summary.ts";

const file = new URL("../../../../images/policy.yaml", import.meta.url);
const text = readFileSync(file, "utf8");
const policy = parsePolicy(text, "policy.yaml");

describe("images/policy.yaml", () => {
  it("is read as it is meant", () => {
    expect(policy.vulnerabilities).toEqual({
      critical: 0,
      high: 20,
      whenUnavailable: "report",
    });
    expect(policy.size).toMatchObject({ runtime: 450, chromium: 1200 });
    expect(policy.bases).toContain("docker.io/library/debian:bookworm-slim");
    expect(policy.signing).toBe("required");
  });

  it.each([
    ["a: [1, 2]\n- b", /line 2: a list needs a key above it/],
    ["x", /line 1: this is neither/],
    ["a: &b 1\n   c: d", /line 2: this belongs to no key/],
    ["a:\n  - 1\n  b: 2", /line 3: a is a list/],
    ["a:\n  b: 1\n  b: 2", /line 3: b is there twice/],
    ["a:\n  b: 1\n    c: 2", /line 3: this is deeper, or less deep, than/],
    ["a:\n    b: 1\n  c: 2", /line 3: this is deeper, or less deep, than/],
    ["signing: required\nsigning: optional", /line 2: signing is there twice/],
    [text.replace("critical: 0", "critical: few"), /vulnerabilities\.critical/],
    [text.replace("critical: 0", "critcal: 0"), /vulnerabilities/],
    [text.replace("  default:", "  other:"), /size: default is missing/],
    [text.replace("signing: required", "signing: maybe"), /signing/],
  ])("refuses %j with its place", (wrong, message) => {
    expect(() => parsePolicy(wrong, "policy.yaml")).toThrow(message);
  });
});

describe("limits of size", () => {
  const names = readCatalogue(
    fileURLToPath(new URL("catalogue.json", file)),
  ).map(({ name }) => name);

  it("are of images that there are", () => {
    checkNames(policy, names, "policy.yaml");
  });

  it("of an image that there is not are refused", () => {
    const wrong = parsePolicy(text.replace(" runtime:", " runtim:"), "p");
    expect(() => {
      checkNames(wrong, names, "policy.yaml");
    }).toThrow(
      'policy.yaml: size: there is no image "runtim"; did you mean runtime?',
    );
  });
});

describe("the policy", () => {
  const facts: ImageFacts = {
    name: "runtime",
    size: 449e6,
    bases: ["docker.io/library/debian:bookworm-slim"],
    scan: {
      state: "scanned",
      scanner: "trivy",
      fixable: { critical: 0, high: 20 },
      unfixed: { critical: 1, high: 30 },
      total: 90,
    },
    isPushed: true,
    isSigned: true,
  };

  it.each<[string, Partial<ImageFacts>, string[]]>([
    ["nothing", {}, []],
    [
      "a size above the image's own limit",
      { size: 451e6 },
      ["it has 451.0 MB, and 450 are allowed"],
    ],
    ["a size below the default", { name: "gimp", size: 2.1e9 }, []],
    [
      "a base that is not allowed",
      { bases: ["docker.io/library/debian:bookworm-slim.evil"] },
      [
        "it is built on docker.io/library/debian:bookworm-slim.evil, which is not among the allowed bases",
      ],
    ],
    [
      "a base with a digest",
      { bases: [`docker.io/library/ubuntu:24.04@sha256:${"a".repeat(64)}`] },
      [],
    ],
    [
      "vulnerabilities",
      {
        scan: {
          state: "scanned",
          scanner: "grype",
          fixable: { critical: 1, high: 21 },
          unfixed: { critical: 0, high: 0 },
          total: 22,
        },
      },
      [
        "it has 1 critical vulnerabilities that have a fix, and 0 are allowed",
        "it has 21 high vulnerabilities that have a fix, and 20 are allowed",
      ],
    ],
    ["a scan that was not wanted", { scan: { state: "skipped" } }, []],
    [
      "a scan that could not be",
      { scan: { state: "unavailable", reason: "no data" } },
      [],
    ],
    [
      "a push without signature",
      { isSigned: false },
      ["it is to be pushed without a signature; add --sign"],
    ],
    ["no push and no signature", { isSigned: false, isPushed: false }, []],
  ])("says of %s", (_, change, expected) => {
    expect(violations(policy, { ...facts, ...change })).toEqual(expected);
  });

  it("can fail where nobody knows the vulnerabilities", () => {
    const strict = parsePolicy(
      text.replace("Unavailable: report", "Unavailable: fail"),
      "p",
    );
    const scan = { state: "unavailable", reason: "no data" } as const;
    expect(violations(strict, { ...facts, scan })).toEqual([
      "its vulnerabilities are unknown: no data",
    ]);
    const skipped = { state: "skipped" } as const;
    expect(violations(strict, { ...facts, scan: skipped })).toEqual([
      "its vulnerabilities are unknown: it is to be pushed with --no-scan",
    ]);
    const local = { isPushed: false, isSigned: false };
    expect(violations(strict, { ...facts, scan: skipped, ...local })).toEqual(
      [],
    );
  });

  it("says nothing of vulnerabilities that are not looked for yet", () => {
    expect(violations(policy, { ...facts, scan: undefined })).toEqual([]);
  });
});

describe("the bases of a Dockerfile", () => {
  it.each<[string, string, string[]]>([
    [
      "by argument",
      "ARG BASE=debian:12\nFROM ${BASE} AS a\nFROM a\n",
      ["debian:12"],
    ],
    [
      "with a platform",
      "FROM --platform=linux/amd64 debian:12\n",
      ["debian:12"],
    ],
    ["of this project", "ARG RUNTIME_IMAGE=x\nFROM ${RUNTIME_IMAGE}\n", []],
    [
      "that are copied from",
      "FROM scratch\nCOPY --from=evil:1 /a /a\n",
      ["scratch", "evil:1"],
    ],
    [
      "that are mounted",
      "FROM scratch AS s\nRUN --mount=type=bind,from=evil:1,target=/x \\\n  true\nRUN --mount=from=s true\n",
      ["scratch", "evil:1"],
    ],
    [
      "in comments",
      "# FROM evil\nFROM scratch\nCOPY --from=0 /a /b\n",
      ["scratch"],
    ],
    ["without a value", "ARG BASE\nFROM $BASE\n", ["$BASE"]],
  ])("%s", (_, dockerfile, expected) => {
    expect(externalBases(dockerfile)).toEqual(expected);
  });
});

describe("what a scanner wrote", () => {
  const recorded = (name: string): string =>
    readFileSync(new URL(`./recorded/${name}`, import.meta.url), "utf8");

  it("counts trivy's severities, with a fix and without", () => {
    expect(countFindings("trivy", recorded("trivy.json"))).toEqual({
      state: "scanned",
      scanner: "trivy",
      fixable: { critical: 0, high: 1 },
      unfixed: { critical: 1, high: 1 },
      total: 4,
    });
  });

  it("counts grype's severities, with a fix and without", () => {
    expect(countFindings("grype", recorded("grype.json"))).toEqual({
      state: "scanned",
      scanner: "grype",
      fixable: { critical: 0, high: 1 },
      unfixed: { critical: 1, high: 0 },
      total: 3,
    });
  });

  const trivy = (found: object): string =>
    JSON.stringify({ Results: [{ Vulnerabilities: [found] }] });
  const grype = (found: object): string =>
    JSON.stringify({ matches: [{ vulnerability: found }] });
  const critical = { Severity: "CRITICAL" };
  const state = (name: string): string =>
    grype({ severity: "Critical", fix: { versions: [], state: name } });
  it.each<["trivy" | "grype", string, boolean]>([
    ["trivy", trivy({ ...critical, Status: "fixed" }), true],
    ["trivy", trivy({ ...critical, FixedVersion: "1" }), true],
    ["trivy", trivy({ ...critical, Status: "will_not_fix" }), false],
    ["trivy", trivy({ ...critical, Status: "affected" }), false],
    ["trivy", trivy(critical), false],
    ["grype", state("fixed"), true],
    ["grype", state("wont-fix"), false],
    ["grype", state("not-fixed"), false],
    ["grype", state("unknown"), false],
    ["grype", grype({ severity: "Critical" }), true],
  ])("of %s: %s has a fix: %j", (scanner, output, hasFix) => {
    expect(countFindings(scanner, output)).toMatchObject({
      fixable: { critical: hasFix ? 1 : 0 },
      unfixed: { critical: hasFix ? 0 : 1 },
    });
  });

  it("is told in a few words", () => {
    const none = { critical: 0, high: 0 };
    const scan = { state: "scanned", scanner: "grype", total: 9 } as const;
    expect(
      describeScan({
        ...scan,
        fixable: { critical: 0, high: 2 },
        unfixed: { critical: 1, high: 5 },
      }),
    ).toBe("0 critical, 2 high (without a fix: 1, 5)");
    expect(describeScan({ ...scan, fixable: none, unfixed: none })).toBe(
      "0 critical, 0 high",
    );
  });

  it("is no pass where it is something else", () => {
    expect(() => countFindings("grype", "{}")).toThrow();
    expect(() => countFindings("trivy", "<html>")).toThrow();
  });
});
