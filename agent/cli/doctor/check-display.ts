import { findProgram } from "../../base/programs.ts";
import type { Config } from "../../config/settings.ts";
import { requireXServer } from "../../session/x-server.ts";
import { openX11Connection } from "../../x11/connection.ts";
import { fine, type Check, type Finding } from "./finding.ts";

const displayTimeoutMs = 3_000;

/** The display that the settings name, or the programs for an own one. */
export const displayCheck: Check = {
  area: "display",
  async run(config, signal) {
    return config.display === undefined
      ? await ownDisplay(config, signal)
      : [await attachedDisplay(config.display, signal)];
  },
};

/** @throws StreamSpaceError `display-unreachable` where it does not answer or lacks XTEST. */
async function attachedDisplay(
  display: string,
  signal: AbortSignal,
): Promise<Finding> {
  await using connection = await openX11Connection({
    display,
    timeoutMs: displayTimeoutMs,
    signal,
  });
  await connection.ping(displayTimeoutMs, signal);
  await connection.openXtest();
  const { width, height } = connection.screen;
  return fine(
    "display",
    `${display} answers, has ${width}×${height} pixels and takes input`,
  );
}

/** @throws StreamSpaceError `missing-program` for its X server. */
async function ownDisplay(
  config: Config,
  signal: AbortSignal,
): Promise<Finding[]> {
  const path = await requireXServer(config.xServer, signal);
  const { displayWidth: width, displayHeight: height, xServer } = config;
  const words = xServer === "kasmvnc" ? `KasmVNC (${path})` : path;
  return [
    fine(
      "display",
      `an own display of ${width}×${height} starts with ${words}`,
    ),
    ...windowManager(config),
  ];
}

function windowManager(config: Config): Finding[] {
  if (config.windowManager === "none") return [];
  const program =
    config.windowManager === "auto" ? "openbox" : config.windowManager;
  const path = findProgram(program);
  if (path !== undefined) {
    return [fine("display", `the window manager is ${path}`)];
  }
  return [
    {
      area: "display",
      status: "fail",
      message: `the window manager ${program} is not installed`,
      mend: `Install it (apt-get install ${program}), or choose another or none with --window-manager.`,
    },
  ];
}
