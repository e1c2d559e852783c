/**
 * The X servers that a session can have as its own, behind one interface: what each is started with.
 */
import type { ChildOptions } from "../base/child-process.ts";
import { requireProgram } from "../base/programs.ts";
import type { XServerName } from "../../signaling/protocol.ts";
import { requireKasmvnc } from "./vnc/kasmvnc-server.ts";

/** What a start of an X server depends on. */
export interface XServerStart {
  /** The display that it had before, which it is to have again; `undefined` at the first start: any that is free. */
  displayNumber: number | undefined;
  /** Path of the authority file with its cookie. */
  xauthority: string;
  signal: AbortSignal;
}

/** How one is started. */
export interface XServerLaunch {
  /** It is given one extra pipe, see `display-number.ts`. */
  command: Pick<ChildOptions, "name" | "file" | "args" | "env" | "cwd">;
  /** The Unix socket at which it serves RFB itself; `undefined` for one that does not. */
  rfbSocket: string | undefined;
}

/** A kind of X server. */
export interface XServer {
  readonly name: XServerName;
  /**
   * Makes ready what it needs, and says how it is started.
   * @throws StreamSpaceError `missing-program`, `aborted`.
   */
  prepare(start: XServerStart): Promise<XServerLaunch>;
}

/**
 * The program of an X server.
 * @throws StreamSpaceError `missing-program`, `aborted`.
 */
export async function requireXServer(
  name: XServerName,
  signal?: AbortSignal,
): Promise<string> {
  return name === "kasmvnc"
    ? await requireKasmvnc(signal)
    : requireProgram("Xvfb");
}
