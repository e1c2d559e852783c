/**
 * Where the files of one session live: sockets, the X authority, the token. Gone when the session is.
 */
import {
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
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
  pulseSource: v.string(),
});
/** What other commands of the CLI learn of a running session. */
export type SessionFacts = v.InferOutput<typeof sessionFacts>;

/**
 * Creates the session's directory for this process alone.
 * @throws StreamSpaceError `unwritable` when it cannot be made, or belongs to an agent that runs.
 */
export function createSessionDirectory(runtimeDir: string): SessionPaths {
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
  try {
    mkdirSync(runtimeDir, { recursive: true, mode: 0o700 });
    assertOwn(runtimeDir);
    rmSync(paths.session, { recursive: true, force: true });
    mkdirSync(paths.session, { mode: 0o700 });
    mkdirSync(paths.pulse, { mode: 0o700 });
    writeFileSync(paths.pid, processIdentity(process.pid) ?? "", {
      mode: 0o600,
    });
  } catch (error) {
    if (error instanceof StreamSpaceError) throw error;
    throw unwritable(runtimeDir, messageOf(error), error);
  }
  return paths;
}

/** Removes the session's directory, and the runtime directory where nothing else is in it. */
export function removeSessionDirectory(runtimeDir: string): void {
  rmSync(sessionPaths(runtimeDir).session, { recursive: true, force: true });
  try {
    rmdirSync(runtimeDir);
  } catch (error) {
    const code = systemCodeOf(error);
    // Somebody else's files, or a mount point: it stays.
    if (
      code !== "ENOTEMPTY" &&
      code !== "EBUSY" &&
      code !== "ENOENT" &&
      code !== "EACCES"
    )
      throw error;
  }
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
  if (own !== undefined && own !== 0 && uid !== own) {
    throw unwritable(directory, `it belongs to user ${uid}`);
  }
}

function unwritable(
  directory: string,
  why: string,
  cause?: unknown,
): StreamSpaceError {
  return new StreamSpaceError(
    "unwritable",
    `the runtime directory ${directory} cannot be used: ${why}`,
    {
      cause,
      mend: "Choose another with --runtime-dir or STREAMSPACE_RUNTIME_DIR.",
    },
  );
}
