/**
 * X0tigervnc (package tigervnc-scraping-server): TigerVNC's server for a display that is there already.
 */
import { runToEnd } from "../../base/child-process.ts";
import { findProgram } from "../../base/programs.ts";
import {
  freshSocketPath,
  proven,
  vncKillLadder,
  type VncBackend,
} from "./vnc-backend.ts";
import { watchVnc } from "./vnc-watch.ts";

const program = "X0tigervnc";
const helpTimeoutMs = 2_000;

/** The arguments, without a network port in any case: `-rfbport 0` would take a random one on every interface. */
export function tigervncArguments(options: {
  display: string;
  socket: string;
  frameRate: number;
  /** It can exchange the clipboard, which is the agent's business (since 1.14). */
  hasClipboard: boolean;
}): string[] {
  const { display, socket, frameRate, hasClipboard } = options;
  return [
    ...["-display", display, "-rfbport=-1"],
    ...["-rfbunixpath", socket, "-rfbunixmode", String(0o600)],
    ...["-localhost=1", "-SecurityTypes", "None", "-AlwaysShared"],
    // The agent decides about input and sizes, and does them itself.
    ...["-AcceptKeyEvents=0", "-AcceptPointerEvents=0"],
    "-AcceptSetDesktopSize=0",
    ...["-PollingCycle", "8", "-MaxProcessorUsage", "90"],
    ...["-FrameRate", String(frameRate)],
    ...(hasClipboard ? ["-AcceptCutText=0", "-SendCutText=0"] : []),
  ];
}

/** See the module's description. */
export const tigervnc: VncBackend = {
  name: "tigervnc",
  dialect: "rfb",
  find: () => findProgram(program),
  async start({ spawner, display, env, directory, frameRate, context }) {
    const socket = freshSocketPath(directory, "tigervnc");
    // A version that does not know an argument would end at it.
    const help = await runToEnd({
      ...{ file: program, args: ["--help"], env, spawner },
      ...{ timeoutMs: helpTimeoutMs, signal: context.signal },
    });
    const words = [help.stdout, ...help.stderrLines].join("\n");
    const hasClipboard = words.includes("SendCutText");
    const child = await spawner.spawn({
      ...{ name: program, file: program, env, cwd: directory },
      args: tigervncArguments({ display, socket, frameRate, hasClipboard }),
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
      backend: "tigervnc",
      socket,
      exited: child.exited,
      close: child.close,
      lastLines: () => child.lastLines(),
    };
  },
};
