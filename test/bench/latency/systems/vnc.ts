/**
 * The peers: VNC servers that share a display, each behind the same bridge and noVNC page.
 *
 * noVNC runs with its own defaults (JPEG quality 6, compression 2).
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OwnedChild } from "../../../../agent/base/child-process.ts";
import { poll } from "../../../../agent/base/deadline.ts";
import {
  StreamSpaceError,
  systemCodeOf,
} from "../../../../agent/base/errors.ts";
import {
  startUntilLine,
  type RunningSystem,
  type System,
  type SystemStart,
} from "./system.ts";

const startTimeoutMs = 10_000;
const bridgeProgram = fileURLToPath(
  import.meta.resolve("../../../fixtures/bench-vnc-bridge.ts"),
);

/** TigerVNC's server for an existing display, polling as often as it can. */
export const x0tigervnc: System = {
  name: "x0tigervnc",
  programs: ["X0tigervnc"],
  async start(options) {
    const socket = join(options.folder, "x0tigervnc.sock");
    const server = await options.spawner.spawn({
      name: "X0tigervnc",
      file: "X0tigervnc",
      args: [
        ...["-display", options.display],
        ...["-rfbport=-1", "-rfbunixpath", socket, "-rfbunixmode", "384"],
        ...["-localhost=1", "-SecurityTypes", "None", "-AlwaysShared"],
        ...["-PollingCycle", "8", "-MaxProcessorUsage", "90"],
        ...["-FrameRate", "60"],
      ],
    });
    return await bridged(options, server, async () => {
      await poll(() => socketExists(socket, server), {
        everyMs: 20,
        timeoutMs: startTimeoutMs,
        what: "the socket of X0tigervnc",
        signal: options.signal,
      });
      return ["--unix", socket];
    });
  },
};

/** x11vnc with its pauses between polls and before updates taken away. */
export const x11vnc: System = {
  name: "x11vnc",
  programs: ["x11vnc"],
  async start(options) {
    const { child, found } = await startUntilLine({
      ...options,
      name: "x11vnc",
      file: "x11vnc",
      args: [
        ...["-display", options.display, "-norc", "-quiet", "-nopw"],
        // 0.9.16 cannot listen on a Unix socket: the first free port, of this machine only.
        ...["-localhost", "-noipv6", "-no6", "-autoport", "5900"],
        ...["-forever", "-shared", "-nosel"],
        ...["-wait", "5", "-defer", "0", "-nonap", "-sb", "0"],
      ],
      pattern: /^PORT=(\d+)$/,
      timeoutMs: startTimeoutMs,
    });
    return await bridged(options, child, () =>
      Promise.resolve(["--tcp", found]),
    );
  },
};

/** Puts the bridge in front of a server, which is ended with it. */
async function bridged(
  options: SystemStart,
  server: OwnedChild,
  ready: () => Promise<readonly string[]>,
): Promise<RunningSystem> {
  await using started = new AsyncDisposableStack();
  started.use(server);
  const { child: bridge, found: port } = await startUntilLine({
    ...options,
    name: "the VNC bridge",
    file: process.execPath,
    args: [bridgeProgram, ...(await ready())],
    pattern: /^listening (\d+)$/,
    timeoutMs: startTimeoutMs,
  });
  started.use(bridge);
  const url = `http://127.0.0.1:${port}/`;
  const owned = started.move();
  return {
    url,
    children: [server, bridge],
    async sentBytes() {
      const answer = await fetch(new URL("bytes", url), {
        signal: options.signal,
      });
      return Number(await answer.text());
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function socketExists(
  path: string,
  server: OwnedChild,
): Promise<true | undefined> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
    if (await hasEnded(server)) {
      throw new StreamSpaceError(
        "child-exited",
        `${server.name} ended at its start: ${server.lastLines().join(" ")}`,
      );
    }
    return undefined;
  }
}

async function hasEnded(child: OwnedChild): Promise<boolean> {
  return await Promise.race([
    child.exited.then(() => true),
    Promise.resolve().then(() => false),
  ]);
}
