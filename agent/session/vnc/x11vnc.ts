/**
 * x11vnc: the second choice of the servers for a display that is there already.
 */
import { findProgram } from "../../base/programs.ts";
import { startScrapingServer } from "./scraping-server.ts";
import { freshSocketPath, type VncBackend } from "./vnc-backend.ts";

const program = "x11vnc";

/**
 * The arguments. `-rfbport 0` closes IPv4 alone; without `-rfbportv6 -1` 0.9.16 listens on [::]:5900 whatever `-no6`
 * says. `-localhost` would close that too, and refuse the Unix socket.
 */
export function x11vncArguments(options: {
  display: string;
  socket: string;
}): string[] {
  return [
    ...["-display", options.display, "-norc", "-quiet", "-nopw"],
    ...["-unixsock", options.socket, "-rfbport", "0"],
    ...["-noipv6", "-no6", "-rfbportv6", "-1"],
    // Input is the agent's business too.
    ...["-forever", "-shared", "-viewonly", "-xrandr", "newfbsize"],
    // The clipboard is the agent's business; 0.9.16 has it in 8 bits only.
    ...["-nosel", "-noprimary", "-noclipboard"],
    ...["-wait", "5", "-defer", "0", "-nonap", "-sb", "0"],
    // No commands of others, no files.
    ...["-noremote", "-noxrecord", "-nossl"],
  ];
}

/** See the module's description. */
export const x11vnc: VncBackend = {
  name: "x11vnc",
  dialect: "rfb",
  find: () => findProgram(program),
  async start(start) {
    const { display, directory } = start;
    const socket = freshSocketPath(directory, "x11vnc");
    return await startScrapingServer(start, {
      ...{ backend: "x11vnc", program, socket },
      args: x11vncArguments({ display, socket }),
    });
  },
};
