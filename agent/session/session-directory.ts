/**
 * Where the files of one session live: sockets, the X authority, the token. Gone when the session is.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { makeDirectory, unwritable } from "../base/make-directory.ts";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { messageOf, StreamSpaceError, systemCodeOf } from "../base/errors.ts";
import { processIdentity } from "../base/process-identity.ts";

/** A Unix socket's path may have 107 bytes (unix(7)); this leaves room for the names below the directory. */
const longestRuntimeDir = 80;

/** The paths of a session below `runtimeDir`. */
export function sessionPaths(runtimeDir: string) {
  const session = join(runtimeDir, "session");
  return {
    session,
    /** Process id of the agent. */
    pid: join(session, "agent.pid"),
    /** The token, readable by the user alone. */
    token: join(session, "token"),
    /** The token of those who only look, likewise. */
    viewerToken: join(session, "viewer-token"),
    /** What a running session looks like from outside, see {@link SessionFacts}. */
    facts: join(session, "session.json"),
    xauthority: join(session, "Xauthority"),
    pulse: join(session, "pulse"),
    pulseSocket: join(session, "pulse", "native"),
    /** Without it PulseAudio and its clients write a cookie into the user's home. */
    pulseCookie: join(session, "pulse", "cookie"),
  } as const;
}
export type SessionPaths = ReturnType<typeof sessionPaths>;

const sessionFacts = v.object({
  /** Where the agent listens. */
  host: v.string(),
  port: v.number(),
  display: v.string(),
  xauthority: v.optional(v.string()),
  pulseServer: v.string(),
  /** FIFO with the sound that viewers hear. */
  soundFifo: v.string(),
});
/** What other commands of the CLI learn of a running session. */
export type SessionFacts = v.InferOutput<typeof sessionFacts>;

/** A session's directory, and whether the directory above it is ours to remove. */
export interface SessionDirectory {
  paths: SessionPaths;
  madeRuntimeDir: boolean;
}

/**
 * Creates the session's directory for this process alone. What a dead session left is replaced; a
 * directory of that name that no session made is refused.
 *
 * @throws StreamSpaceError `unwritable` when it cannot be made, belongs to an agent that runs, or to
 *   somebody else. Nothing is left behind then.
 */
export function createSessionDirectory(runtimeDir: string): SessionDirectory {
  if (Buffer.byteLength(runtimeDir) > longestRuntimeDir) {
    throw unwritable(
      runtimeDir,
      `its path has more than ${longestRuntimeDir} bytes, too long for a socket below it`,
    );
  }
  const paths = sessionPaths(runtimeDir);
  const owner = runningOwner(paths);
  if (owner !== undefined) {
    throw new StreamSpaceError(
      "unwritable",
      `the runtime directory ${runtimeDir} is in use by the agent with process id ${owner}`,
      {
        mend: "End that agent, or give this one a directory of its own with --runtime-dir.",
      },
    );
  }
  const madeRuntimeDir = makeDirectory(runtimeDir);
  try {
    assertOwn(runtimeDir);
    removeStaleSession(paths);
    fillSessionDirectory(paths);
  } catch (error) {
    if (!(error instanceof StreamSpaceError)) {
      removeSessionDirectory({ paths, madeRuntimeDir });
    }
    throw error instanceof StreamSpaceError
      ? error
      : unwritable(runtimeDir, messageOf(error), error);
  }
  return { paths, madeRuntimeDir };
}

/** Makes what is missing of the directory, which a cleaner of temporary files may have taken away. */
export function restoreSessionDirectory(paths: SessionPaths): void {
  if (existsSync(paths.pulse) && existsSync(paths.pid)) return;
  makeDirectory(dirname(paths.session));
  fillSessionDirectory(paths);
}

/** Removes the session's directory, and the runtime directory where this session made it. */
export function removeSessionDirectory(directory: SessionDirectory): void {
  const { paths, madeRuntimeDir } = directory;
  rmSync(paths.session, { recursive: true, force: true });
  if (!madeRuntimeDir) return;
  try {
    rmdirSync(dirname(paths.session));
  } catch (error) {
    const code = systemCodeOf(error);
    // Somebody has put something else there in the meantime, or has removed it: it is theirs.
    const theirs = ["ENOTEMPTY", "EBUSY", "ENOENT", "EACCES", "EPERM"];
    if (code === undefined || !theirs.includes(code)) throw error;
  }
}

function fillSessionDirectory(paths: SessionPaths): void {
  for (const directory of [paths.session, paths.pulse]) {
    if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  }
  writeFileSync(paths.pid, processIdentity(process.pid) ?? "", { mode: 0o600 });
}

/** The process id file is the mark of a session: a directory without it holds somebody's own files. */
function removeStaleSession(paths: SessionPaths): void {
  if (!existsSync(paths.session)) return;
  const isSession =
    existsSync(paths.pid) || readdirSync(paths.session).length === 0;
  if (!isSession) {
    throw unwritable(
      paths.session,
      "it holds files that no session of this agent made",
    );
  }
  rmSync(paths.session, { recursive: true, force: true });
}

/** Notes the facts of the session for other commands. */
export function writeSessionFacts(
  paths: SessionPaths,
  facts: SessionFacts,
): void {
  writeFileSync(paths.facts, JSON.stringify(facts), { mode: 0o600 });
}

/** The facts of the session that runs in `runtimeDir`, or `undefined` where none does. */
export function readSessionFacts(runtimeDir: string): SessionFacts | undefined {
  const paths = sessionPaths(runtimeDir);
  if (runningOwner(paths) === undefined) return undefined;
  try {
    return v.parse(sessionFacts, JSON.parse(readFileSync(paths.facts, "utf8")));
  } catch {
    return undefined; // It starts or ends right now; there are no facts yet, or no more.
  }
}

/** The process id of the living agent that owns the directory. */
function runningOwner(paths: SessionPaths): number | undefined {
  let identity: string;
  try {
    identity = readFileSync(paths.pid, "utf8");
  } catch {
    return undefined; // No session was here, or none that this user may see: creating it will tell.
  }
  const pid = Number.parseInt(identity, 10);
  if (pid === process.pid || processIdentity(pid) !== identity) {
    return undefined;
  }
  return pid;
}

/** Refuses a directory in a shared place that somebody else made first. */
function assertOwn(directory: string): void {
  const { uid } = statSync(directory);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own) {
    throw unwritable(
      directory,
      `it belongs to user ${uid}, not to user ${own}`,
    );
  }
}
