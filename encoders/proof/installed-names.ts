/**
 * The names of all elements that are installed, in one question: most encoders are absent on most machines, and to
 * ask for each of them would take a child each.
 */
import { runToEnd, type ChildSpawner } from "../../agent/base/child-process.ts";

/** The first program of GStreamer on a new machine looks at every plugin, which takes seconds. */
const listTimeoutMs = 15_000;

/**
 * The names, as the registry of GStreamer has them; empty where it does not tell.
 * @throws StreamSpaceError `missing-program`, `timeout`, `aborted`.
 */
export async function installedNames(options: {
  spawner: ChildSpawner;
  signal: AbortSignal;
}): Promise<ReadonlySet<string>> {
  const { exitCode, stdout } = await runToEnd({
    ...options,
    file: "gst-inspect-1.0",
    args: ["--no-colors"],
    env: { ...process.env, LC_ALL: "C" },
    timeoutMs: listTimeoutMs,
  });
  return exitCode === 0 ? namesIn(stdout) : new Set();
}

/** Reads lines such as `x264:  x264enc: x264 H.264 Encoder`. */
export function namesIn(text: string): ReadonlySet<string> {
  const lines = text.matchAll(/^[^\s:]+: {2}([^\s:]+): /gm);
  return new Set(Array.from(lines, ([, name]) => name ?? ""));
}
