/**
 * usage: scripts/build-images.sh [options]; see `usage` in options.ts.
 */
import { join } from "node:path";
import { buildImages } from "./build.ts";
import { killRunning } from "./command.ts";
import { settingOf, withWholePaths } from "./environment.ts";
import { BuildFailure } from "./failure.ts";
import { parseOptions, usage } from "./options.ts";

const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // A signal without a listener would end this program at once, and leave those that it started.
  process.on(name, () => {
    if (controller.signal.aborted) killRunning();
    else controller.abort();
  });
}

const environment = withWholePaths(process.env, process.cwd());
Object.assign(process.env, environment);

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else {
    await buildImages(options, {
      // Another repository is for tests of this program.
      root:
        settingOf(environment, "STREAMSPACE_IMAGE_ROOT") ??
        join(import.meta.dirname, "..", ".."),
      environment,
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
