/**
 * Prints the seccomp profile for images with Chromium's sandbox; called by `scripts/browser-seccomp.sh`.
 *
 * usage: node scripts/test-image/print-seccomp.ts <the engine's default>
 */
import { readFileSync } from "node:fs";
import { messageOf } from "../../agent/base/errors.ts";
import { openForBrowsers } from "./seccomp.ts";

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const why = `the profile ${file} cannot be read: ${messageOf(cause)}`;
    throw new Error(why, { cause });
  }
}

const [file = ""] = process.argv.slice(2);
try {
  process.stdout.write(openForBrowsers(read(file), file));
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 2;
}
