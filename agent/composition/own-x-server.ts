/**
 * The X server of a session without a display of somebody else's, from the settings.
 */
import { join } from "node:path";
import type { Config } from "../config/settings.ts";
import type { SessionPaths } from "../session/session-directory.ts";
import { kasmvncXServer } from "../session/vnc/kasmvnc-display.ts";
import type { KasmvncRules } from "../session/vnc/kasmvnc-server.ts";
import type { XServer } from "../session/x-server.ts";
import { xvfb } from "../session/xvfb.ts";
import { serverScreen } from "./resize-feature.ts";

/** See the module's description. */
export function ownXServer(
  config: Config,
  paths: Pick<SessionPaths, "session">,
): XServer {
  const screen = { ...serverScreen(config), dpi: config.displayDpi };
  if (config.xServer === "xvfb") return xvfb(screen);
  return kasmvncXServer({
    ...screen,
    frameRate: config.frameRate,
    rules: kasmvncRules(config),
    clipboardMaxBytes: config.clipboardMaxBytes,
    directory: join(paths.session, "display"),
  });
}

/** What KasmVNC may do with the clipboard. */
export function kasmvncRules({
  clipboard,
}: Pick<Config, "clipboard">): KasmvncRules {
  return {
    clipboardIn: clipboard === "in" || clipboard === "both",
    clipboardOut: clipboard === "out" || clipboard === "both",
  };
}
