/**
 * Prints the seccomp profile for images with Chromium's sandbox; called by `scripts/browser-seccomp.sh`.
 *
 * usage: node scripts/test-image/print-seccomp.ts <the engine's default>
 */
import { messageOf } from "../../agent/base/errors.ts";
import { openForBrowsers, readProfile } from "./seccomp.ts";

const [file = ""] = process.argv.slice(2);
try {
  process.stdout.write(openForBrowsers(readProfile(file), file));
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 2;
}
