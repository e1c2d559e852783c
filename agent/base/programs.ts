/**
 * Finds programs on the `PATH`, so that a missing one is a clear sentence and not an exit code of a wrapper.
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { StreamSpaceError } from "./errors.ts";

/** The Debian package that carries a program the agent may need; used to say how to mend its absence. */
const packageOfProgram: Readonly<Record<string, string>> = {
  Xvfb: "xvfb",
  openbox: "openbox",
  pulseaudio: "pulseaudio",
  pactl: "pulseaudio-utils",
  "gst-launch-1.0": "gstreamer1.0-tools",
  "gst-inspect-1.0": "gstreamer1.0-tools",
  setpriv: "util-linux",
  xterm: "xterm",
  X0tigervnc: "tigervnc-scraping-server",
  x11vnc: "x11vnc",
};

/** The absolute path of `program`, or `undefined` where it is not installed. */
export function findProgram(
  program: string,
  path: string = process.env["PATH"] ?? "",
): string | undefined {
  if (program.includes("/")) {
    return isAbsolute(program) && isExecutable(program) ? program : undefined;
  }
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

/**
 * The absolute path of `program`.
 * @throws StreamSpaceError `missing-program`, with the package to install where it is known.
 */
export function requireProgram(program: string, path?: string): string {
  const found = findProgram(program, path);
  if (found !== undefined) return found;
  const debianPackage = packageOfProgram[program];
  throw new StreamSpaceError(
    "missing-program",
    `the program ${program} is not installed`,
    {
      mend:
        debianPackage === undefined
          ? `Install it, or put its folder on the PATH.`
          : `Install it with: apt-get install ${debianPackage}`,
    },
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // Absent and not executable mean the same to the caller.
  }
}
