import { mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCodeOf } from "../../base/errors.ts";
import { findProgram, requireProgram } from "../../base/programs.ts";
import type { Config } from "../../config/settings.ts";
import { failure, fine, type Check, type Finding } from "./finding.ts";

/** The run-time directory: sockets, the X authority file and the token go there. */
export const runtimeDirectoryCheck: Check = {
  area: "files",
  async run({ runtimeDir }) {
    const { path, exists } = await nearestExisting(runtimeDir);
    try {
      // Permission bits say little about read-only mounts and the like; a directory that was made does.
      await rmdir(await mkdtemp(join(path, ".streamspace-doctor-")));
    } catch (error) {
      const finding: Finding = {
        area: "files",
        status: "fail",
        message: `the run-time directory ${runtimeDir} cannot be used: nothing can be written in ${path} (${systemCodeOf(error) ?? "unknown error"})`,
        mend: "Make it writable for this user, or choose another one with --runtime-dir.",
      };
      return [finding];
    }
    const state = exists ? "is writable" : "can be created";
    return [fine("files", `the run-time directory ${runtimeDir} ${state}`)];
  },
};

async function nearestExisting(
  wanted: string,
): Promise<{ path: string; exists: boolean }> {
  for (let path = wanted; ; path = dirname(path)) {
    try {
      await stat(path);
      return { path, exists: path === wanted };
    } catch (error) {
      const code = systemCodeOf(error);
      const isBelow = code === "ENOENT" || code === "ENOTDIR";
      if (!isBelow || path === "/") throw error;
    }
  }
}

/** Programs and permissions for starting children. */
export const childrenCheck: Check = {
  area: "children",
  run(config) {
    const findings: Finding[] = [];
    try {
      findings.push(
        fine("children", `setpriv is ${requireProgram("setpriv")}`),
      );
    } catch (error) {
      findings.push(failure("children", error));
    }
    return Promise.resolve([...findings, ...identity(config)]);
  },
};

function identity(config: Config): Finding[] {
  const { puid, pgid } = config;
  if (puid === undefined && pgid === undefined) return [];
  const own = process.getuid?.() === 0;
  const ids = `user ${puid ?? "unchanged"}, group ${pgid ?? "unchanged"}`;
  if (own) return [fine("children", `programs will run as ${ids}`)];
  return [
    {
      area: "children",
      status: "warn",
      message: `PUID and PGID (${ids}) need root, so programs run as this user`,
      mend: "Start the agent as root, or leave PUID and PGID out.",
    },
  ];
}

const vncServers = [
  { program: "kasmvncserver", name: "KasmVNC" },
  { program: "X0tigervnc", name: "X0tigervnc" },
  { program: "x11vnc", name: "x11vnc" },
];

/** VNC servers, for information: none is needed for WebRTC. */
export const vncCheck: Check = {
  area: "VNC",
  run() {
    const found = vncServers.flatMap(({ program, name }) => {
      const path = findProgram(program);
      return path === undefined ? [] : [`${name} (${path})`];
    });
    const message =
      found.length === 0
        ? "no VNC server found; none is needed"
        : `found ${found.join(", ")}`;
    return Promise.resolve([fine("VNC", message)]);
  },
};
