/**
 * Which GStreamer is installed, as its own tools say.
 */
import { runToEnd } from "../../base/child-process.ts";

const versionTimeoutMs = 10_000;

/** What the tools call themselves, e.g. `GStreamer 1.22.0`; `undefined` where they say something else. */
export async function versionLine(
  signal: AbortSignal,
): Promise<string | undefined> {
  const { stdout } = await runToEnd({
    file: "gst-launch-1.0",
    args: ["--version"],
    timeoutMs: versionTimeoutMs,
    signal,
  });
  return /^GStreamer .+$/m.exec(stdout)?.[0];
}

/** Its version alone, e.g. `1.22.0`. */
export async function installedVersion(
  signal: AbortSignal,
): Promise<string | undefined> {
  return /\d+\.\d+(?:\.\d+)*/.exec((await versionLine(signal)) ?? "")?.[0];
}
