/**
 * usage: scripts/build-images.sh [options]; see `usage` in options.ts.
 */
import { join } from "node:path";
import { buildImages } from "./build.ts";
import { BuildFailure } from "./failure.ts";
import { parseOptions, usage } from "./options.ts";

const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => {
    controller.abort();
  });
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else {
    await buildImages(options, {
      // Another repository is for tests of this program.
      root:
        process.env["STREAMSPACE_IMAGE_ROOT"] ??
        join(import.meta.dirname, "..", ".."),
      environment: process.env,
      signal: controller.signal,
      say: (line) => {
        console.error(`==> ${line}`);
      },
      print: (text) => {
        console.log(text);
      },
    });
  }
} catch (error) {
  if (!(error instanceof BuildFailure)) throw error;
  for (const line of error.lastLines) console.error(`    ${line}`);
  console.error(`error: ${error.message}`);
  process.exitCode = error.exitCode;
}
