/**
 * The agent itself, from its sources, with its default settings: sound is on and counts.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  runToEnd,
  type KillStep,
} from "../../../../agent/base/child-process.ts";
import {
  StreamSpaceError,
  systemCodeOf,
} from "../../../../agent/base/errors.ts";
import { startUntilLine, type System } from "./system.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const startTimeoutMs = 20_000;
const buildTimeoutMs = 120_000;
/** The agent ends its own children within 5 s. */
const killLadder: readonly KillStep[] = [
  { signal: "SIGTERM", waitMs: 6_000 },
  { signal: "SIGKILL", waitMs: 1_000 },
];

export const streamspace: System = {
  name: "streamspace",
  programs: ["gst-launch-1.0"],
  prepare: buildClient,
  async start({ spawner, display, folder, signal }) {
    const { child, found } = await startUntilLine({
      spawner,
      signal,
      name: "the agent",
      file: process.execPath,
      args: [
        join(root, "agent/cli/main.ts"),
        "run",
        ...["--display", display],
        ...["--host", "127.0.0.1", "--port", "0"],
        ...["--runtime-dir", join(folder, "runtime")],
        ...["--log-level", "warn"],
        // The content is there already: an application that does nothing, in place of the demo desktop.
        ...["--", "sleep", "infinity"],
      ],
      env: environment(),
      pattern: /(http:\/\/\S+#token=\S+)/,
      timeoutMs: startTimeoutMs,
      killLadder,
    });
    return {
      url: found,
      children: [child],
      [Symbol.asyncDispose]: () => child.close(),
    };
  },
};

/** Settings of the person who runs the benchmark must not change what is measured. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !name.startsWith("STREAMSPACE_") && !name.startsWith("PULSE_"),
    ),
  );
}

/** Builds the page where it is older than its sources. */
async function buildClient(signal: AbortSignal): Promise<void> {
  const [built, sources] = await Promise.all([
    newestMs(join(root, "dist/client")),
    newestMs(join(root, "client")),
  ]);
  if (built > sources) return;
  const build = await runToEnd({
    file: process.execPath,
    args: [join(root, "node_modules/vite/bin/vite.js"), "build"],
    cwd: root,
    timeoutMs: buildTimeoutMs,
    signal,
  });
  if (build.exitCode === 0) return;
  throw new StreamSpaceError(
    "child-exited",
    `the page could not be built: ${build.stderrLines.join(" ")}`,
    { mend: "Run: npm run build:client" },
  );
}

/** When the newest file under `folder` was written, in Unix milliseconds; 0 where there is none. */
async function newestMs(folder: string): Promise<number> {
  try {
    const entries = await readdir(folder, {
      recursive: true,
      withFileTypes: true,
    });
    const times = await Promise.all(
      entries
        .filter((entry) => entry.isFile())
        .map(async ({ parentPath, name }) => {
          return (await stat(join(parentPath, name))).mtimeMs;
        }),
    );
    return Math.max(0, ...times);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return 0;
    throw error;
  }
}
