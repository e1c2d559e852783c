/**
 * VNC servers behind one interface: each is found at run time, started for the session's display, and proven by a
 * handshake before anybody is sent to it.
 */
import { createConnection, type Socket } from "node:net";
import { dirname } from "node:path";
import { mkdirSync, rmSync } from "node:fs";
import {
  describeExit,
  type KillStep,
  type ChildSpawner,
  type OwnedChild,
} from "../../base/child-process.ts";
import { poll, withDeadline } from "../../base/deadline.ts";
import {
  messageOf,
  StreamSpaceError,
  systemCodeOf,
} from "../../base/errors.ts";
import type { VncBackendName } from "../../../signaling/protocol/vnc.ts";
import { proveServer } from "../../../signaling/vnc/rfb-handshake.ts";
import type { RfbDialect } from "../../../signaling/vnc/rfb-rules.ts";
import type {
  RunningInstance,
  StartContext,
} from "../../supervisor/service.ts";

/** What a VNC server is started with. */
export interface VncStart {
  spawner: ChildSpawner;
  /** The session's display, e.g. `:99`, and its screen. */
  display: string;
  screen: Readonly<{ width: number; height: number }>;
  /** The Unix socket at which the display's own X server serves RFB, where it does. */
  rfbSocket?: string | undefined;
  env: NodeJS.ProcessEnv;
  /** A directory for it alone, which it may leave things in. */
  directory: string;
  /** Most updates in a second. */
  frameRate: number;
  context: StartContext;
}

/** A VNC server that has proven to work. */
export interface RunningVnc extends RunningInstance {
  readonly backend: VncBackendName;
  /** Its Unix socket. */
  readonly socket: string;
}

/** A kind of VNC server. */
export interface VncBackend {
  readonly name: VncBackendName;
  readonly dialect: RfbDialect;
  /** The program, where it is installed. */
  find(): string | undefined;
  /**
   * Starts it; resolves when a handshake went through. Leaves nothing behind when it throws.
   * @throws StreamSpaceError `missing-program`, `spawn-failed`, `child-exited`, `timeout`, `aborted`, `bad-message`.
   */
  start(start: VncStart): Promise<RunningVnc>;
}

/** A server that has not answered by now will not. */
const answerTimeoutMs = 5_000;
/** How long a server may take for a handshake. */
export const handshakeTimeoutMs = 2_000;
const pollMs = 20;

/** Ends at once: a VNC server has nothing to put in order. */
export const vncKillLadder: readonly KillStep[] = [
  { signal: "SIGTERM", waitMs: 500 },
  { signal: "SIGKILL", waitMs: 500 },
];

/** Makes the directory of a server anew, for this user alone. @returns the path of a socket in it. */
export function freshSocketPath(directory: string, name: string): string {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return `${directory}/${name}.sock`;
}

/**
 * Waits until `child` answers at `socket` and a handshake with it went through.
 * @throws StreamSpaceError `child-exited` with its last words, `timeout`, `aborted`, `bad-message`.
 */
export async function proven(
  child: OwnedChild,
  socket: string,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const bounds = AbortSignal.any([signal, stop.signal]);
  const ended = child.exited.then((reason): never => {
    const words = child.lastLines().at(-1) ?? "it said nothing";
    throw new StreamSpaceError(
      "child-exited",
      `${child.name} ${describeExit(reason)}: ${words}`,
    );
  });
  const answered = poll(() => connectsTo(socket, bounds), {
    ...{ everyMs: pollMs, timeoutMs: answerTimeoutMs, signal: bounds },
    what: `an answer of ${child.name}`,
  });
  answered.catch(() => undefined); // Of no interest once the child has ended.
  try {
    const connection = await Promise.race([answered, ended]);
    try {
      const handshake = proveServer(connection, {
        ...{ timeoutMs: handshakeTimeoutMs, signal: bounds },
      });
      handshake.catch(() => undefined);
      await Promise.race([handshake, ended]);
    } finally {
      connection.destroy();
    }
  } finally {
    stop.abort();
  }
}

/** A connection to a Unix socket; `undefined` where nobody listens yet. */
async function connectsTo(
  path: string,
  signal: AbortSignal,
): Promise<Socket | undefined> {
  try {
    return await connectTo(path, signal);
  } catch (error) {
    const { cause } = error instanceof Error ? error : { cause: undefined };
    const code = systemCodeOf(cause);
    if (code === "ENOENT" || code === "ECONNREFUSED") return undefined;
    throw error;
  }
}

const connectTimeoutMs = 2_000;

/**
 * Connects to a VNC server's socket.
 * @throws StreamSpaceError `vnc-unavailable`, `timeout`, `aborted`.
 */
export async function connectTo(
  path: string,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = createConnection({ path });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  socket.once("connect", () => {
    resolve(socket);
  });
  socket.once("error", (cause) => {
    reject(
      new StreamSpaceError(
        "vnc-unavailable",
        `the VNC server's socket in ${dirname(path)}: ${messageOf(cause)}`,
        { cause },
      ),
    );
  });
  try {
    return await withDeadline(promise, {
      ...{ timeoutMs: connectTimeoutMs, signal },
      what: "the connection to the VNC server",
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    // From here on its end tells.
    socket.on("error", () => undefined);
  }
}
