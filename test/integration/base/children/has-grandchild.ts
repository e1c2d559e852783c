/** Starts a child of its own in its process group, which ignores SIGTERM, and prints its process id. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const grandchild = spawn(
  process.execPath,
  [fileURLToPath(new URL("ignores-sigterm.ts", import.meta.url))],
  { stdio: ["ignore", "pipe", "ignore"] },
);
grandchild.stdout.once("data", () => {
  process.stdout.write(`${grandchild.pid ?? 0}\n`);
});
setInterval(() => undefined, 1_000);
