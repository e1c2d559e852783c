/**
 * A display of its own where a client draws a scene, as several benchmarks need it.
 */
import { fileURLToPath } from "node:url";
import type {
  ChildSpawner,
  OwnedChild,
} from "../../agent/base/child-process.ts";
import { startBenchDisplay } from "../fixtures/bench-display.ts";
import type { ScreenSize } from "./latency/options.ts";
import { startUntilLine } from "./latency/systems/system.ts";

const contentProgram = fileURLToPath(
  import.meta.resolve("../fixtures/bench-content.ts"),
);
const contentTimeoutMs = 30_000;

export interface BusyScreen extends AsyncDisposable {
  /** `:7` */
  display: string;
  /** The X server and the client that draws. */
  children: readonly OwnedChild[];
}

/**
 * Starts an Xvfb and the busy scene on it.
 * @throws StreamSpaceError `missing-program`, `child-exited`, `timeout`, `aborted`.
 */
export async function startBusyScreen(options: {
  size: ScreenSize;
  spawner: ChildSpawner;
  signal: AbortSignal;
}): Promise<BusyScreen> {
  const { size, spawner, signal } = options;
  await using started = new AsyncDisposableStack();
  const display = started.use(
    await startBenchDisplay({ spawner, ...size, signal }),
  );
  const { child } = await startUntilLine({
    spawner,
    signal,
    name: "the drawing client",
    file: process.execPath,
    args: [
      contentProgram,
      ...["--display", display.name],
      ...["--content", "busy"],
    ],
    pattern: /^ready$/,
    timeoutMs: contentTimeoutMs,
  });
  started.use(child);
  const owned = started.move();
  return {
    display: display.name,
    children: [display.child, child],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
