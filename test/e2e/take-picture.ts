/**
 * Takes the picture of the README: `docs/session.png`. Run by hand, never by a test.
 */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runToEnd } from "../../agent/base/child-process.ts";
import { launchChromium } from "../fixtures/browser-chromium.ts";
import { takeDemoPicture } from "../fixtures/e2e-demo-picture.ts";

const target = fileURLToPath(
  new URL("../../docs/session.png", import.meta.url),
);
const maxBytes = 400_000;

await using chromium = await launchChromium();
const picture = await takeDemoPicture(chromium.browser);
const folder = await mkdtemp(join(tmpdir(), "picture-"));
try {
  const full = join(folder, "full.png");
  await writeFile(full, picture);
  // 256 colours: a screenshot needs no more, and the repository keeps every version of the file.
  const { exitCode, stderrLines } = await runToEnd({
    file: "convert",
    args: [full, "+dither", "-strip", "-colors", "256", `PNG8:${target}`],
    timeoutMs: 30_000,
  });
  if (exitCode !== 0) throw new Error(stderrLines.join("\n"));
} finally {
  await rm(folder, { recursive: true, force: true });
}
const { size } = await stat(target);
if (size > maxBytes) throw new Error(`the picture has ${size} bytes`);
process.stdout.write(`${target}: ${size} bytes\n`);
