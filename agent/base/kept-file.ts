/**
 * Files that a service finds at its start: written once, and left alone by each later start, which must succeed on a disk
 * that has filled up meanwhile.
 */
import { readFileSync, writeFileSync } from "node:fs";

/**
 * Writes `contents` to `path` for this user alone, unless they are there already.
 * @throws what `fs.writeFileSync` throws.
 */
export function keepFile(path: string, contents: string | Uint8Array): void {
  const bytes = Buffer.from(contents);
  if (contentsOf(path)?.equals(bytes) === true) return;
  writeFileSync(path, bytes, { mode: 0o600 });
}

function contentsOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // It is written, and that fails where it cannot be.
  }
}
