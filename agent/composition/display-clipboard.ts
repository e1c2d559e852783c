/**
 * Opens the clipboard of a display that was started, over a connection of its own, and lets it go with the display.
 */
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import type { DesktopClipboard } from "../session/desktop-clipboard.ts";
import type { RunningDisplay } from "../session/display.ts";
import { openX11Connection } from "../x11/connection.ts";
import { openX11Clipboard } from "../x11/x11-clipboard.ts";

const connectTimeoutMs = 2_000;

/**
 * Attaches the clipboard of `display`. A display without it is one all the same: what goes wrong is logged.
 * @param options.xauthorityPath of an own display.
 */
export async function attachClipboard(
  display: RunningDisplay,
  clipboard: DesktopClipboard,
  options: {
    config: Config;
    xauthorityPath: string | undefined;
    signal: AbortSignal;
    log: Logger;
  },
): Promise<void> {
  const { config, xauthorityPath, signal, log } = options;
  if (config.clipboard === "off") return;
  try {
    // Not the connection of input: 64 MiB would stand in its way.
    const connection = await openX11Connection({
      display: display.display,
      ...(xauthorityPath === undefined ? {} : { xauthorityPath }),
      ...{ timeoutMs: connectTimeoutMs, signal },
    });
    // A program that vanishes while it is answered is nothing to report.
    connection.onProtocolError(() => undefined);
    const opened = await openX11Clipboard(connection, {
      selections: config.clipboardPrimary
        ? ["clipboard", "primary"]
        : ["clipboard"],
    }).catch(async (error: unknown) => {
      await connection.close();
      throw error;
    });
    clipboard.attach(opened);
    connection.onClosed(() => {
      clipboard.detach(opened);
    });
    void display.exited.then(() => connection.close());
  } catch (error) {
    log.warn(
      { reason: messageOf(error) },
      "the clipboard of the display could not be opened",
    );
  }
}
