/**
 * Builds the agent into dist/: the compiled modules, and beside them the files that are not TypeScript.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, globSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const output = join(root, "dist");
const folders = ["agent", "encoders", "signaling"];
/** Seconds on a machine's own processor, and more than two minutes where another one is emulated. */
const compileTimeoutMs = 900_000;

for (const folder of folders) {
  rmSync(join(output, folder), { recursive: true, force: true });
}
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status, signal, error } = spawnSync(
  process.execPath,
  [compiler, "-p", join(root, "tsconfig.build.json")],
  { stdio: "inherit", cwd: root, timeout: compileTimeoutMs },
);
if (status === null) {
  const why = error?.message ?? `it was ended by ${signal ?? "a signal"}`;
  console.error(`error: the compiler did not end: ${why}`);
}
if (status !== 0) process.exit(status ?? 1);

const entries = folders.flatMap((folder) =>
  globSync(`${folder}/**/*`, { cwd: root, withFileTypes: true }),
);
for (const entry of entries) {
  if (!entry.isFile() || entry.name.endsWith(".ts")) continue;
  const source = join(entry.parentPath, entry.name);
  cpSync(source, join(output, source.slice(root.length)));
}
chmodSync(join(output, "agent", "cli", "main.js"), 0o755);
