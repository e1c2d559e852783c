/**
 * An image that was built is scanned and held against the policy.
 */
import type { BuiltImage } from "./build-image.ts";
import { baseImageOf } from "./environment.ts";
import { BuildFailure } from "./failure.ts";
import { writeWhole } from "./layer-store.ts";
import { externalBases, violations } from "./policy.ts";
import { readRequired, type BuildHost, type Preparation } from "./prepare.ts";
import { findScanner, noScanner, scan, type ScanResult } from "./scan.ts";

/** An image that was built and keeps to the policy. */
export interface CheckedImage extends BuiltImage {
  scan: ScanResult;
}

/**
 * Holds what is known before a build against the policy: an image that cannot pass is not worth the minutes.
 * The base of a base counts too, which {@link check} does not see.
 * @throws BuildFailure `policy` with every violation of the first image that has one.
 */
export async function checkBefore(
  { options, policy, planned }: Preparation,
  host: BuildHost,
): Promise<void> {
  const scan = scanBefore(options.scan);
  for (const { image, isWanted } of planned) {
    const text = await readRequired(host.root, image.dockerfile);
    refuse(
      image.name,
      violations(policy, {
        name: image.name,
        size: 0,
        bases: basesOf(text, image.dependsOn.length === 0, host.environment),
        scan: isWanted ? scan : undefined,
        isPushed: options.push && isWanted,
        isSigned: options.sign,
      }),
    );
  }
}

/** What is certain about the result of a scan. */
function scanBefore(isWanted: boolean): ScanResult | undefined {
  if (!isWanted) return { state: "skipped" };
  return findScanner() === undefined ? noScanner : undefined;
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
  refuse(image.name, found);
  return result;
}

function refuse(name: string, found: readonly string[]): void {
  if (found.length === 0) return;
  throw new BuildFailure(
    "policy",
    `${name} violates images/policy.yaml: ${found.join("; ")}`,
  );
}

/** A runtime may have been given another base. */
export function basesOf(
  dockerfile: string,
  isRuntime: boolean,
  environment: NodeJS.ProcessEnv,
): string[] {
  const base = baseImageOf(environment);
  const text =
    isRuntime && base !== undefined
      ? dockerfile.replace(/^ARG BASE_IMAGE=\S*/m, `ARG BASE_IMAGE=${base}`)
      : dockerfile;
  return externalBases(text);
}
