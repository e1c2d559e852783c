/**
 * `kasmvnc.yaml`, made from the agent's settings. `Xkasmvnc` itself takes arguments; its `vncserver` script, and what an
 * image builds on it, reads `~/.vnc/kasmvnc.yaml` before anything else of a user.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What goes into it. */
export interface KasmvncSettings {
  width: number;
  height: number;
  frameRate: number;
  socket: string;
  /** Whether contents of the clipboard may go into the session, and out of it. */
  clipboardIn: boolean;
  clipboardOut: boolean;
  /** Most bytes of one clipboard; `undefined` for any number. */
  clipboardMaxBytes?: number | undefined;
  /** Whether the server itself gives its screen the sizes that clients ask for. */
  allowResize: boolean;
}

/** The file's text. Pure; every value is a number, a word of ours or quoted. */
export function kasmvncYaml(settings: KasmvncSettings): string {
  const { width, height, frameRate, socket, allowResize } = settings;
  const { clipboardIn, clipboardOut, clipboardMaxBytes } = settings;
  const size = (allowed: boolean): string =>
    allowed ? String(clipboardMaxBytes ?? "unlimited") : "0";
  return `# Written by streamspace-agent at each start of KasmVNC.
desktop:
  resolution:
    width: ${width}
    height: ${height}
  allow_resize: ${allowResize}
network:
  protocol: http
  interface: 127.0.0.1
  use_ipv4: true
  use_ipv6: false
  unix_relay_path: ""
  rfb_unix_path: ${JSON.stringify(socket)}
  udp:
    public_ip: 127.0.0.1
  ssl:
    require_ssl: false
data_loss_prevention:
  clipboard:
    server_to_client:
      enabled: ${clipboardOut}
      size: ${size(clipboardOut)}
    client_to_server:
      enabled: ${clipboardIn}
      size: ${size(clipboardIn)}
encoding:
  max_frame_rate: ${frameRate}
`;
}

/** Writes the file where a server whose home is `home` has it; `home` has no such file yet. */
export function writeKasmvncYaml(
  home: string,
  settings: KasmvncSettings,
): void {
  const folder = join(home, ".vnc");
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, "kasmvnc.yaml"), kasmvncYaml(settings), {
    mode: 0o600,
  });
}
