/**
 * From root to the user of the session.
 */
import { chownSync } from "node:fs";
import { userInfo } from "node:os";
import type { Logger } from "../base/log.ts";

/** The user and group that the session is to run as. */
export interface SessionUser {
  uid: number | undefined;
  gid: number | undefined;
}

/**
 * Gives up root for `user`, for this process and all its children, and hands over `directory` first.
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
  process.env["HOME"] = homeOf() ?? process.env["HOME"];
  options.log.info({ uid, gid }, "the session runs as this user");
}

function homeOf(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // A user id without an entry in the user database has no home but $HOME.
  }
}
