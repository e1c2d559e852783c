/**
 * KasmVNC as the session's own X server: applications draw on the screen that it serves, so nothing is copied and no
 * `kasmxproxy` runs. Everything else about the display is as with Xvfb; viewers by VNC talk to the server itself.
 */
import type { ExitReason } from "../../base/child-process.ts";
import { StreamSpaceError } from "../../base/errors.ts";
import { findProgram } from "../../base/programs.ts";
import { once } from "../../base/shutdown.ts";
import { proveServer } from "../../../signaling/vnc/rfb-handshake.ts";
import type { XServer } from "../x-server.ts";
import {
  kasmvncArguments,
  kasmvncProgram,
  requireKasmvnc,
  type KasmvncRules,
} from "./kasmvnc-server.ts";
import { writeKasmvncYaml } from "./kasmvnc-yaml.ts";
import {
  connectTo,
  freshSocketPath,
  handshakeTimeoutMs,
  type RunningVnc,
  type VncBackend,
  type VncStart,
} from "./vnc-backend.ts";

export interface KasmvncXServerOptions {
  /** The first size of the screen, in pixels; it can grow from there. */
  width: number;
  height: number;
  /** Dots per inch. */
  dpi: number;
  /** Most updates in a second, for each VNC client. */
  frameRate: number;
  rules: KasmvncRules;
  /** Most bytes of one clipboard. */
  clipboardMaxBytes: number;
  /** A directory for it alone, below one that is there; made anew by each start. */
  directory: string;
}

/** The X server. */
export function kasmvncXServer(options: KasmvncXServerOptions): XServer {
  const { width, height, dpi, frameRate, rules, clipboardMaxBytes, directory } =
    options;
  return {
    name: "kasmvnc",
    async prepare({ displayNumber, xauthority, signal }) {
      const file = await requireKasmvnc(signal);
      const socket = freshSocketPath(directory, "kasmvnc");
      const common = { width, height, frameRate, socket };
      writeKasmvncYaml(directory, {
        ...{ ...common, ...rules, clipboardMaxBytes, allowResize: false },
      });
      return {
        command: {
          ...{ name: kasmvncProgram, file, cwd: directory },
          env: { ...process.env, HOME: directory },
          args: kasmvncArguments({
            ...{ ...common, xauthority, rules },
            display: { number: displayNumber, dpi, clipboardMaxBytes },
          }),
        },
        rfbSocket: socket,
      };
    },
  };
}

/**
 * The VNC server of such a display. Its start is a handshake and its end is nothing: the process is the display's. That
 * is why it is not watched either, beyond the display's own watch: the end of an X server is the end of every program
 * on it, which no VNC client is worth.
 */
export const kasmvncOfDisplay: VncBackend = {
  name: "kasmvnc",
  dialect: "kasm",
  // One of them is it: the session would not have started otherwise.
  find: () => findProgram(kasmvncProgram) ?? findProgram("Xvnc"),
  start: reachDisplay,
};

async function reachDisplay(start: VncStart): Promise<RunningVnc> {
  const { signal } = start.context;
  const socket = start.rfbSocket;
  if (socket === undefined) {
    throw new StreamSpaceError(
      "vnc-unavailable",
      "the session's X server is not KasmVNC",
    );
  }
  const connection = await connectTo(socket, signal);
  try {
    await proveServer(connection, { timeoutMs: handshakeTimeoutMs, signal });
  } finally {
    connection.destroy();
  }
  const ended = Promise.withResolvers<ExitReason>();
  return {
    ...{ backend: "kasmvnc", socket, exited: ended.promise },
    close: once(() => {
      ended.resolve({ kind: "requested" });
      return Promise.resolve();
    }),
  };
}
