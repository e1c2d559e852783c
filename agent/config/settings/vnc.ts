/**
 * The settings of the VNC fallback.
 */
import { vncBackends } from "../../../signaling/protocol/vnc.ts";
import { portOrOff } from "../number-kinds.ts";
import { optionalSetting, setting } from "../setting.ts";
import {
  absolutePath,
  listenAddress,
  onOff,
  preferenceList,
} from "../value-kinds.ts";

const section = "VNC fallback";

/** Part of the table in settings.ts. */
export const vncSettings = {
  vnc: setting({
    flag: "--vnc",
    variable: "STREAMSPACE_VNC",
    section,
    description:
      "Whether the desktop can also be reached by VNC: `/vnc/`, `/websockify` and the ports below. A VNC server is started when somebody comes, and stopped 10 s after the last one left.",
    kind: onOff,
    default: true,
  }),
  vncBackends: setting({
    flag: "--vnc-backends",
    variable: "STREAMSPACE_VNC_BACKENDS",
    section,
    description:
      "The VNC servers that may be used, the preferred one first. Those that are not installed, or fail a handshake, are passed over. KasmVNC has a web client of its own, which `/vnc/` shows where it comes first; everything else is plain VNC and uses the others.",
    kind: preferenceList(vncBackends),
    default: vncBackends,
    defaultText: `\`${vncBackends.join(",")}\``,
  }),
  novncPort: setting({
    flag: "--novnc-port",
    variable: "STREAMSPACE_NOVNC_PORT",
    section,
    description:
      "A further port of HTTP, on the address of `--host`, whose first page is `/vnc/`. One that is taken is left out with a warning.",
    kind: portOrOff,
    default: 6080,
  }),
  linuxserverPort: setting({
    flag: "--linuxserver-port",
    variable: "STREAMSPACE_LINUXSERVER_PORT",
    section,
    description:
      "A further port of HTTP, with the same pages as `--port`: where images of LinuxServer have theirs. One that is taken is left out with a warning.",
    kind: portOrOff,
    default: 3000,
  }),
  kasmvncPort: setting({
    flag: "--kasmvnc-port",
    variable: "STREAMSPACE_KASMVNC_PORT",
    section,
    description:
      "A further port of HTTP whose first page is `/vnc/`: where images with KasmVNC have theirs. One that is taken is left out with a warning.",
    kind: portOrOff,
    default: 6901,
  }),
  vncPort: setting({
    flag: "--vnc-port",
    variable: "STREAMSPACE_VNC_PORT",
    section,
    description:
      "A port for VNC programs, usually 5900. It needs `--vnc-password-file`. VNC encrypts nothing: use it through a tunnel.",
    kind: portOrOff,
    default: undefined,
    defaultText: "`off`",
  }),
  vncHost: setting({
    flag: "--vnc-host",
    variable: "STREAMSPACE_VNC_HOST",
    section,
    description: "The address that `--vnc-port` listens on.",
    kind: listenAddress,
    default: "127.0.0.1",
  }),
  vncPasswordFile: optionalSetting({
    flag: "--vnc-password-file",
    variable: "STREAMSPACE_VNC_PASSWORD_FILE",
    section,
    description:
      "A file with the password for `--vnc-port`, readable by the agent's user alone (mode 0600): 6 to 8 characters, more do not count in VNC. White space around it is dropped. Whoever knows it controls the session.",
    kind: absolutePath,
    defaultText: "none",
  }),
  kasmvncClient: setting({
    flag: "--kasmvnc-client",
    variable: "STREAMSPACE_KASMVNC_CLIENT",
    section,
    description: "The directory of KasmVNC's own web client.",
    kind: absolutePath,
    default: "/usr/share/kasmvnc/www",
  }),
};
