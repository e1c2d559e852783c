/**
 * KasmVNC's server: an X server that serves its screen by RFB itself. What is said here holds for both of its uses, as a
 * display beside the session's (`kasmvnc.ts`) and as the session's own (`kasmvnc-display.ts`).
 */
import { runToEnd } from "../../base/child-process.ts";
import { StreamSpaceError } from "../../base/errors.ts";
import { findProgram } from "../../base/programs.ts";
import { displayNumberArguments } from "../display-number.ts";

/** The name that is KasmVNC's alone. */
export const kasmvncProgram = "Xkasmvnc";
/** The name that it may have, too, and that TigerVNC's server has. */
const sharedName = "Xvnc";
const versionTimeoutMs = 2_000;

/** The directions in which KasmVNC may carry the clipboard. */
export interface KasmvncRules {
  clipboardIn: boolean;
  clipboardOut: boolean;
}

/** What the session's own X server is told besides. */
export interface KasmvncDisplay {
  /** The display that it is to have; any that is free where absent. */
  number: number | undefined;
  /** Dots per inch. */
  dpi: number;
  /** Most bytes of one clipboard. */
  clipboardMaxBytes: number;
}

/** The server's arguments: a Unix socket, with which it opens no port and asks no STUN server. */
export function kasmvncArguments(options: {
  width: number;
  height: number;
  frameRate: number;
  socket: string;
  xauthority: string;
  rules: KasmvncRules;
  display?: KasmvncDisplay;
}): string[] {
  const { width, height, frameRate, socket, xauthority, rules, display } =
    options;
  return [
    ...(display?.number === undefined ? [] : [`:${display.number}`]),
    ...displayNumberArguments,
    ...["-geometry", `${width}x${height}`, "-depth", "24"],
    ...["-nolisten", "tcp", "-auth", xauthority, "-PublicIP", "127.0.0.1"],
    ...["-rfbunixpath", socket, "-rfbunixmode", "0600"],
    ...["-SecurityTypes", "None", "-DisableBasicAuth", "-AlwaysShared"],
    ...["-FrameRate", String(frameRate)],
    ...(rules.clipboardIn ? [] : ["-AcceptCutText=0"]),
    ...(rules.clipboardOut ? [] : ["-SendCutText=0"]),
    ...(display === undefined ? [] : ownDisplayArguments(display)),
  ];
}

function ownDisplayArguments(display: KasmvncDisplay): string[] {
  const { dpi, clipboardMaxBytes } = display;
  return [
    ...["-dpi", String(dpi), "-noreset"],
    // The agent gives the screen its size, within its own bounds.
    "-AcceptSetDesktopSize=0",
    // Programs of the session could let out by VNC what the settings keep in.
    "-AllowOverride=",
    // All clients are the agent, and none is to be barred because others broke off.
    ...["-BlacklistThreshold", "1000000"],
    ...["-DLP_ClipAcceptMax", String(clipboardMaxBytes)],
    ...["-DLP_ClipSendMax", String(clipboardMaxBytes)],
  ];
}

/**
 * The server's program: `Xkasmvnc`, or an `Xvnc` that says it is KasmVNC's.
 * @throws StreamSpaceError `missing-program`, `aborted`.
 */
export async function requireKasmvnc(signal?: AbortSignal): Promise<string> {
  const named = findProgram(kasmvncProgram);
  if (named !== undefined) return named;
  const other = findProgram(sharedName);
  if (other !== undefined && (await isKasmvnc(other, signal))) return other;
  throw new StreamSpaceError(
    "missing-program",
    other === undefined
      ? `KasmVNC is not installed: there is no ${kasmvncProgram} and no ${sharedName} on the PATH`
      : `KasmVNC is not installed: ${other} is another VNC server`,
    {
      mend: "Install the package of KasmVNC's release, or leave out --x-server: the session then has Xvfb.",
    },
  );
}

/** Whether `file` says that it is KasmVNC. One that says nothing in time is not. */
async function isKasmvnc(file: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const { stdout, stderrLines } = await runToEnd({
      ...{ file, args: ["-version"], timeoutMs: versionTimeoutMs },
      ...(signal === undefined ? {} : { signal }),
    });
    return [stdout, ...stderrLines].some((text) => text.includes("KasmVNC"));
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return false;
  }
}
