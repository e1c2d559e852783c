/**
 * What is in the layers of an image.
 */
import type { Engine } from "./engine.ts";
import { outputOf, runProgram } from "./run-program.ts";

const timeoutMs = 180_000;

/** The names of all files of all layers, those that a later layer removes included. */
export async function listLayers(
  engine: Engine,
  image: string,
): Promise<string[]> {
  // Gigabytes, which a shell that is killed would not remove.
  await using folder = engine.belongings.ownFolder("streamspace-test-layers-");
  // The shell joins three programs; what varies is in variables and never part of the script.
  const script = `set -o pipefail
    "$ENGINE" save "$IMAGE" | tar -x -C "$FOLDER" || exit
    find "$FOLDER" -type f \\( -name '*.tar' -o -path '*/blobs/sha256/*' \\) -exec sh -c 'tar -tf "$1" 2>/dev/null || :' - {} \\;`;
  const what = "reading the layers";
  const answer = await runProgram("bash", ["-c", script], {
    env: { ENGINE: engine.name, IMAGE: image, FOLDER: folder.path },
    timeoutMs,
    what,
    signal: engine.belongings.signal,
  });
  return outputOf(answer, what)
    .split("\n")
    .filter((name) => name !== "" && !name.endsWith("/"));
}
