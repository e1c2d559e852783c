/**
 * An image that was built is scanned and held against the policy.
 */
import type { BuiltImage } from "./build-image.ts";
import { BuildFailure } from "./failure.ts";
import { writeWhole } from "./layer-store.ts";
import { externalBases, violations } from "./policy.ts";
import { readRequired, type BuildHost, type Preparation } from "./prepare.ts";
import { scan, type ScanResult } from "./scan.ts";

/** An image that was built and keeps to the policy. */
export interface CheckedImage extends BuiltImage {
  scan: ScanResult;
}

/** Scans an image and holds it against the policy. @throws BuildFailure `policy` with every violation. */
export async function check(
  { options, policy }: Preparation,
  host: BuildHost,
  built: Omit<BuiltImage, "timeMs">,
  file: string,
): Promise<ScanResult> {
  const { image, layers } = built;
  const sbomFile = `${file}.cdx.json`;
  if (options.sbom || options.scan) await writeWhole(sbomFile, built.sbom);
  const result: ScanResult = options.scan
    ? await scan(sbomFile, host.signal)
    : { state: "skipped" };
  if (result.state === "unavailable") {
    host.say(`${image.name}: vulnerabilities unavailable, ${result.reason}`);
  }
  const text = await readRequired(host.root, image.dockerfile);
  const found = violations(policy, {
    name: image.name,
    size: layers.reduce((sum, layer) => sum + layer.uncompressedSize, 0),
    bases: basesOf(text, image.dependsOn.length === 0, host.environment),
    scan: result,
    isPushed: options.push,
    isSigned: options.sign,
  });
  if (found.length === 0) return result;
  throw new BuildFailure(
    "policy",
    `${image.name} violates images/policy.yaml: ${found.join("; ")}`,
  );
}

/** A runtime may have been given another base. */
export function basesOf(
  dockerfile: string,
  isRuntime: boolean,
  environment: NodeJS.ProcessEnv,
): string[] {
  const base = environment["STREAMSPACE_BASE_IMAGE"];
  const text =
    isRuntime && base !== undefined
      ? dockerfile.replace(/^ARG BASE_IMAGE=\S*/m, `ARG BASE_IMAGE=${base}`)
      : dockerfile;
  return externalBases(text);
}
