/**
 * What comes before anything of a session is started: the mark, the preconditions, the session's directory.
 */
import { randomUUID } from "node:crypto";
import { StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { makeDirectory } from "../base/make-directory.ts";
import { findProgram, requireProgram } from "../base/programs.ts";
import type { Config } from "../config/settings.ts";
import { assertDisplayAnswers } from "../session/display.ts";
import { becomeSessionUser } from "../session/privileges.ts";
import { requireXServer } from "../session/x-server.ts";
import {
  createSessionDirectory,
  type SessionDirectory,
} from "../session/session-directory.ts";
import {
  applicationCommand,
  windowManagerProgram,
} from "./desktop-services.ts";

/** Prefix of the agent's settings in the environment. */
const settingPrefix = "STREAMSPACE_";
/** Environment entry that every process of the session inherits. */
const sessionMarkName = "_STREAMSPACE_SESSION";

/**
 * Takes the agent's settings out of its environment, so that no child inherits the token, and puts a
 * mark in by which every process of the session can be told from others.
 * @returns the mark, as it stands in the environment: `NAME=value`.
 */
export function markEnvironment(): string {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith(settingPrefix))
      Reflect.deleteProperty(process.env, name);
  }
  const id = randomUUID();
  process.env[sessionMarkName] = id;
  return `${sessionMarkName}=${id}`;
}

/**
 * What must be true before anything is started, each checked for its own clear sentence.
 * @throws StreamSpaceError `missing-program`; `display-unreachable` of a display that was there before.
 */
export async function checkPreconditions(config: Config): Promise<void> {
  requireProgram("setpriv");
  requireProgram("gst-launch-1.0");
  if (config.display === undefined) await requireXServer(config.xServer);
  else await assertDisplayAnswers(config.display);
  if (config.audio) {
    requireProgram("pulseaudio");
    requireProgram("pactl");
  }
  const windowManager = windowManagerProgram(config);
  if (windowManager !== undefined) requireProgram(windowManager);
  const program = applicationCommand(config)?.[0];
  if (program !== undefined && findProgram(program) === undefined) {
    throw new StreamSpaceError(
      "missing-program",
      `the application ${program} is not installed`,
      {
        mend: "Check the name after run --, or STREAMSPACE_APPLICATION.",
      },
    );
  }
}

/**
 * Becomes the session's user and makes the session's directory, in this order: all in it is that user's.
 * @throws StreamSpaceError `unwritable`, as {@link createSessionDirectory} says.
 */
export function claimSessionDirectory(
  config: Config,
  log: Logger,
): SessionDirectory {
  const made = makeDirectory(config.runtimeDir);
  becomeSessionUser(
    { uid: config.puid, gid: config.pgid },
    { directory: config.runtimeDir, log },
  );
  const directory = createSessionDirectory(config.runtimeDir);
  return { ...directory, madeRuntimeDir: made || directory.madeRuntimeDir };
}
