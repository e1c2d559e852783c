/**
 * A file for the proofs of one test.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The path of a file that is not there yet, in a folder of its own that goes after the test. */
export function newProofFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "proofs-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return join(folder, "encoders.json");
}
