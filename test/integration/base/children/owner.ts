/**
 * An agent in small: owns a child that has a child, watched by a guard where a directory is given.
 * Prints the process ids of both, then waits to be killed or, on SIGTERM, ends in order.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ChildSpawner } from "../../../../agent/base/child-process.ts";
import { createLogger } from "../../../../agent/base/log.ts";
import { Guard } from "../../../../agent/supervisor/guard.ts";

const directory = process.argv[2];
const log = createLogger({ level: "silent", format: "json" });
const mark = "_STREAMSPACE_TEST_MARK";
process.env[mark] = `owner ${process.pid}`;
const guard =
  directory === undefined
    ? undefined
    : new Guard({
        directory,
        parent: dirname(directory),
        mark: `${mark}=${process.env[mark]}`,
        log,
      });
const spawner = new ChildSpawner(
  guard === undefined ? {} : { observer: guard },
);
const child = await spawner.spawn({
  name: "child",
  file: process.execPath,
  args: [fileURLToPath(new URL("has-grandchild.ts", import.meta.url))],
  onOutputLine: (line) => {
    process.stdout.write(`${child.pid} ${line}\n`);
  },
});
process.once("SIGTERM", () => {
  // The guard first: what it knew must not be touched by an orderly end.
  void guard?.close().then(() => process.exit(0));
});
