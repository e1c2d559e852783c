/**
 * From root to the user of the session.
 */
import { accessSync, chownSync, constants } from "node:fs";
import { userInfo } from "node:os";
import type { Logger } from "../base/log.ts";

/** The user and group that the session is to run as. */
export interface SessionUser {
  uid: number | undefined;
  gid: number | undefined;
}

/**
 * Gives up root for `user`, for this process and all its children, and hands over `directory` first:
 * everything below it is made afterwards, by that user.
 * Started as an ordinary user nothing can be changed; a wish that is not met is logged, not fatal, so
 * that an image runs under any user an orchestrator assigns.
 */
export function becomeSessionUser(
  user: SessionUser,
  options: { directory: string; log: Logger },
): void {
  const { getuid, getgid, setuid, setgid, setgroups } = process;
  const uid = user.uid ?? user.gid;
  if (getuid === undefined || getgid === undefined || uid === undefined) return;
  const gid = user.gid ?? uid;
  if (getuid() !== 0) {
    if (getuid() !== uid || getgid() !== gid) {
      options.log.warn(
        { puid: uid, pgid: gid, uid: getuid(), gid: getgid() },
        "PUID and PGID have no effect: only root can change the user",
      );
    }
    return;
  }
  if (uid === 0) return;
  chownSync(options.directory, uid, gid);
  setgroups?.([gid]);
  setgid?.(gid);
  setuid?.(uid);
  process.env["HOME"] = homeOf() ?? usableHome() ?? options.directory;
  options.log.info({ uid, gid }, "the session runs as this user");
}

/** `$HOME` where it is this user's to write; root's own, which it was a moment ago, is not. */
function usableHome(): string | undefined {
  const home = process.env["HOME"];
  if (home === undefined) return undefined;
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
    return home;
  } catch {
    return undefined; // Programs would fail there, each in its own way (PulseAudio does not start).
  }
}

function homeOf(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // A user id without an entry in the user database has no home but $HOME.
  }
}
