import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BuildFailure } from "../../../../scripts/images/failure.ts";
import { parseOptions } from "../../../../scripts/images/options.ts";

describe("the command line of build-images.sh", () => {
  it("has defaults that build one image and publish nothing", () => {
    expect(parseOptions([])).toEqual({
      registry: undefined,
      names: [],
      version: undefined,
      platforms: [],
      push: false,
      noCache: false,
      scan: true,
      sign: false,
      sbom: false,
      minimal: false,
      all: false,
      changedSince: undefined,
      engine: undefined,
      dryRun: false,
      help: false,
    });
  });

  it("reads every option", () => {
    const options = parseOptions([
      ...["--registry", "ghcr.example/team/images", "--version=1.2.3"],
      ...["--platforms", "linux/arm64,linux/amd64", "--push", "--no-cache"],
      ...["--no-scan", "--sign", "--sbom", "--minimal", "--engine", "podman"],
      ...["--name", "gimp", "--name", "blender", "--dry-run"],
    ]);
    expect(options).toMatchObject({
      registry: "ghcr.example/team/images",
      version: "1.2.3",
      platforms: ["arm64", "amd64"],
      names: ["gimp", "blender"],
      engine: "podman",
      scan: false,
    });
  });

  it.each([
    [["--frobnicate"], "unknown option --frobnicate; see --help"],
    [["-x"], "unknown option -x; see --help"],
    [
      ["gimp"],
      'unexpected argument "gimp"; an image is chosen with --name gimp',
    ],
    [["--name"], "the option --name needs a value"],
    [["--name="], "the option --name needs a value"],
    [
      ["--registry", "--push"],
      "the option --registry needs a value, not --push",
    ],
    [["--push=yes"], "the option --push takes no value"],
    [["--all", "--name", "gimp"], "--all and --name cannot be combined"],
    [["--all", "--changed", "main"], "--all and --changed cannot be combined"],
    [["--scan", "--no-scan"], "--scan and --no-scan cannot be combined"],
    [["--push"], "--push needs --registry"],
    [["--sign"], "--sign needs --push: a signature lies in the registry"],
    [["--version", "1.0+a"], 'the version "1.0+a" cannot be a tag of an image'],
    [
      ["--engine", "lxc"],
      'there is no engine "lxc"; there are docker, buildah, podman',
    ],
    [
      ["--platforms", "linux/riscv64"],
      'images are not built for "linux/riscv64"; there are linux/amd64, linux/arm64',
    ],
    [
      ["--registry", "https://ghcr.example"],
      '"https://ghcr.example" is not a registry; it is written host[:port][/folder], in small letters and without https://',
    ],
  ])("refuses %j in one sentence", (args, message) => {
    expect(() => parseOptions(args)).toThrow(
      new BuildFailure("usage", message),
    );
  });

  it("never throws anything but a failure with a sentence", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "--all",
        "--name",
        "--registry",
        "--push",
        "-h",
        "--",
        "=",
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        try {
          parseOptions(args);
        } catch (error) {
          expect(error).toBeInstanceOf(BuildFailure);
        }
      }),
    );
  });
});
