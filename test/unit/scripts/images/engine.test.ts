import { describe, expect, it } from "vitest";
import { describeCommand } from "../../../../scripts/images/command.ts";
import { buildCommand } from "../../../../scripts/images/engine.ts";
import {
  destinationOf,
  outputFolder,
  referenceOf,
  stagingName,
} from "../../../../scripts/images/naming.ts";

const request = {
  dockerfile: "images/gimp/Dockerfile",
  target: undefined,
  stagingName: "localhost/streamspace-staging/gimp:amd64",
  architecture: "amd64",
  buildArgs: { RUNTIME_IMAGE: "localhost/streamspace-staging/runtime:amd64" },
  noCache: false,
  epoch: 1767225600,
} as const;
const plain = {
  architecture: "amd64",
  isNested: false,
  certificates: undefined,
} as const;
const nested = { ...plain, isNested: true, certificates: "/ca.crt" } as const;
const common =
  "--file images/gimp/Dockerfile --platform linux/amd64 --build-arg RUNTIME_IMAGE=localhost/streamspace-staging/runtime:amd64 --build-arg SOURCE_DATE_EPOCH=1767225600";

describe("the command line of an engine", () => {
  it.each([
    [
      "buildah",
      plain,
      `buildah bud ${common} --format docker --layers --pull=false --timestamp 1767225600 --tag localhost/streamspace-staging/gimp:amd64 .`,
    ],
    [
      "podman",
      nested,
      `podman build ${common} --secret id=ca,src=/ca.crt --format docker --layers --pull=false --timestamp 1767225600 --tag localhost/streamspace-staging/gimp:amd64 --isolation chroot --network host .`,
    ],
    [
      "docker",
      plain,
      `SOURCE_DATE_EPOCH=1767225600 docker buildx build ${common} --provenance=false --sbom=false --progress=plain --output type=docker,name=localhost/streamspace-staging/gimp:amd64,rewrite-timestamp=true .`,
    ],
  ] as const)("of %s", (engine, host, expected) => {
    expect(describeCommand(buildCommand(engine, request, host))).toBe(expected);
  });

  it("has target and --no-cache where they are asked for", () => {
    const other = { ...request, target: "runtime", noCache: true };
    const { args } = buildCommand("buildah", other, plain);
    expect(args.join(" ")).toMatch(/--target runtime .*--no-cache/);
  });
});

describe("names of images", () => {
  it.each([
    [undefined, false, "localhost/streamspace/gimp:1"],
    ["localhost:5000", false, "localhost:5000/streamspace/gimp:1"],
    ["ghcr.example/team/x", true, "ghcr.example/team/x/gimp:1-minimal"],
  ])("in %s, minimal %s: %s", (registry, minimal, expected) => {
    expect(referenceOf(destinationOf(registry, "1", minimal), "gimp")).toBe(
      expected,
    );
  });

  it("of stages carry no version, and tell the minimal ones apart", () => {
    expect(stagingName("gimp", "arm64", true)).toBe(
      "localhost/streamspace-staging/gimp-minimal:arm64",
    );
    expect(stagingName("runtime-minimal", "arm64", true)).toBe(
      "localhost/streamspace-staging/runtime-minimal:arm64",
    );
  });

  it("have folders of their own for what --minimal writes, as a release builds both", () => {
    expect([outputFolder(false), outputFolder(true)]).toEqual([
      "dist/images",
      "dist/images/minimal",
    ]);
  });
});
