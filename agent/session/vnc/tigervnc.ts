/**
 * X0tigervnc (package tigervnc-scraping-server): TigerVNC's server for a display that is there already.
 */
import { runToEnd } from "../../base/child-process.ts";
import { findProgram } from "../../base/programs.ts";
import { startScrapingServer } from "./scraping-server.ts";
import { freshSocketPath, type VncBackend } from "./vnc-backend.ts";

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
  async start(start) {
    const { spawner, display, env, directory, frameRate, context } = start;
    const socket = freshSocketPath(directory, "tigervnc");
    // A version that does not know an argument would end at it.
    const help = await runToEnd({
      ...{ file: program, args: ["--help"], env, spawner },
      ...{ timeoutMs: helpTimeoutMs, signal: context.signal },
    });
    const words = [help.stdout, ...help.stderrLines].join("\n");
    const hasClipboard = words.includes("SendCutText");
    return await startScrapingServer(start, {
      ...{ backend: "tigervnc", program, socket },
      args: tigervncArguments({ display, socket, frameRate, hasClipboard }),
    });
  },
};
