/**
 * Starts a VNC server that shows a display that is there already: one process, which listens on one Unix socket.
 */
import {
  proven,
  vncKillLadder,
  type RunningVnc,
  type VncStart,
} from "./vnc-backend.ts";
import { watchVnc } from "./vnc-watch.ts";

/**
 * Resolves when a handshake went through; the server is watched from then on. Leaves nothing behind when it throws.
 * @param server.socket where it is told to listen by `server.args`.
 * @throws StreamSpaceError as `VncBackend.start` does.
 */
export async function startScrapingServer(
  { spawner, env, directory, context }: VncStart,
  server: Pick<RunningVnc, "backend" | "socket"> & {
    program: string;
    args: readonly string[];
  },
): Promise<RunningVnc> {
  const { backend, socket, program, args } = server;
  const child = await spawner.spawn({
    ...{ name: program, file: program, env, cwd: directory, args },
    killLadder: vncKillLadder,
  });
  try {
    await proven(child, socket, context.signal);
  } catch (error) {
    await child.close();
    throw error;
  }
  void watchVnc(child, socket);
  return {
    ...{ backend, socket },
    exited: child.exited,
    close: child.close,
    lastLines: () => child.lastLines(),
  };
}
