/**
 * Writes docs/configuration.md from the table of settings.
 *
 * usage: node scripts/generate-config-reference.ts [--check]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configReference } from "../agent/config/reference.ts";

const path = join(import.meta.dirname, "..", "docs", "configuration.md");

if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") !== configReference()) {
    console.error(
      "docs/configuration.md is out of date; mend it with: npm run docs:config",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, configReference());
}
