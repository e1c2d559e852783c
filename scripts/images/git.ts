/**
 * What git says of the sources: revision, version, time, and what changed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { BuildFailure } from "./failure.ts";

/** The sources that images are built from. */
export interface SourceState {
  /** The commit, 40 hexadecimal digits; `-dirty` behind it where files differ from it. */
  revision: string;
  /** A tag for images. */
  version: string;
  /** Time of the commit, seconds since 1970. */
  committedAt: number;
  /** Where people find the repository; absent where it has no address that they can. */
  url: string | undefined;
}

/** What {@link versionOf} needs. */
export interface VersionFacts {
  /** The answer of `git describe --tags --match 'v[0-9]*'`; empty where there is no such tag. */
  described: string;
  /** The version of package.json. */
  packageVersion: string;
  revision: string;
  isDirty: boolean;
}

/**
 * The version of an image: `1.2.0` on the tag v1.2.0, `1.2.0-5-gabc1234` five commits later, the version of
 * package.json with the commit where nothing is tagged; `-dirty` where files differ from the commit.
 */
export function versionOf(facts: VersionFacts): string {
  const { described, packageVersion, revision, isDirty } = facts;
  const version =
    described === ""
      ? `${packageVersion}-g${revision.slice(0, 7)}`
      : described.replace(/^v/, "");
  // `+` separates build metadata in SemVer, and is no letter of a tag.
  return version.replaceAll(/[^\w.-]/g, "-") + (isDirty ? "-dirty" : "");
}

/**
 * The address that people open of a remote that git pushes to: `https:`, and without a user and a password. `undefined` for
 * a folder, and for what is no address.
 */
export function webAddressOf(remote: string): string | undefined {
  // git@host:owner/name, as ssh has it.
  const short = /^(?:[\w.-]+@)?([\w.-]{2,}):(?!\/\/)\/?(.+)$/.exec(remote);
  const address = URL.parse(
    short === null ? remote : `ssh://${short[1] ?? ""}/${short[2] ?? ""}`,
  );
  if (address === null || address.host === "") return undefined;
  if (!/^(https?|ssh|git):$/.test(address.protocol)) return undefined;
  const isWeb = address.protocol.startsWith("http");
  const origin = isWeb ? address.origin : `https://${address.hostname}`;
  return origin + address.pathname.replace(/(\.git)?\/*$/, "");
}

/** Asks git about the repository in `root`. */
export class Git {
  readonly #root: string;
  readonly #signal: AbortSignal;

  constructor(root: string, signal: AbortSignal) {
    this.#root = root;
    this.#signal = signal;
  }

  /** @throws BuildFailure `unavailable` outside of a repository. */
  async readState(): Promise<SourceState> {
    const commit = await this.#ask(["log", "-1", "--format=%H %ct"]).catch(
      (error: unknown) => {
        throw this.#unreadable(error);
      },
    );
    const [revision = "", seconds = "0"] = commit.split(" ");
    const described = await this.#ask([
      "describe",
      "--tags",
      "--match",
      "v[0-9]*",
    ]).catch(() => ""); // No tag is no failure.
    const changes = await this.#ask(["status", "--porcelain"]);
    const isDirty = changes !== "";
    const version = versionOf({
      described,
      packageVersion: this.#packageVersion(),
      revision,
      isDirty,
    });
    const remote = await this.#ask([
      ...["config", "--get", "remote.origin.url"],
    ]).catch(() => ""); // Nor is no remote.
    return {
      revision: isDirty ? `${revision}-dirty` : revision,
      version,
      committedAt: Number(seconds),
      url: webAddressOf(remote),
    };
  }

  /**
   * Paths that differ from `since`, committed or not, also new ones.
   * @throws BuildFailure `usage` where `since` is no revision.
   */
  async changedFiles(since: string): Promise<string[]> {
    // `--` after the revision, and `--verify`: a revision that begins with a dash stays a revision.
    const commit = await this.#ask([
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      `${since}^{commit}`,
    ]).catch(() => {
      throw new BuildFailure("usage", `"${since}" is no revision of git`);
    });
    // Of a file that was moved, git names the new place alone unless it is told otherwise.
    const options = ["--name-only", "--no-renames", "-z"];
    const changed = await this.#list(["diff", ...options, commit, "--"]);
    const added = await this.#list([
      ...["ls-files", "-z", "--others", "--exclude-standard"],
    ]);
    return [...changed, ...added];
  }

  /** Every file that is not ignored, committed or not. */
  async files(): Promise<string[]> {
    const listed = await this.#list([
      ...["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    ]);
    return [...new Set(listed)];
  }

  /** What it means that git does not give the newest commit. */
  #unreadable(error: unknown): unknown {
    // Interrupted, or without git.
    if (!(error instanceof BuildFailure) || error.kind !== "failed") {
      return error;
    }
    const isForeign = error.lastLines.some((line) =>
      line.includes("detected dubious ownership"),
    );
    return new BuildFailure(
      "unavailable",
      isForeign
        ? `git does not read ${this.#root}, which belongs to another user; where it can be trusted: git config --global --add safe.directory '${this.#root}'`
        : `${this.#root} is no git repository with a commit, and labels and versions come from git`,
      { cause: error },
    );
  }

  #packageVersion(): string {
    const text = readFileSync(join(this.#root, "package.json"), "utf8");
    const { version } = JSON.parse(text) as { version?: string };
    return version ?? "0.0.0";
  }

  /** Paths, each ended by a NUL, so that no letter of theirs means anything. */
  async #list(args: readonly string[]): Promise<string[]> {
    const output = await this.#run(args);
    return output.split("\0").filter((path) => path !== "");
  }

  async #ask(args: readonly string[]): Promise<string> {
    return (await this.#run(args)).trim();
  }

  async #run(args: readonly string[]): Promise<string> {
    return await run(
      // Its own language: one of its sentences is looked for.
      { file: "git", args, env: { LC_ALL: "C" } },
      {
        what: `asking git (${args[0] ?? ""})`,
        timeoutMs: 20_000,
        signal: this.#signal,
        cwd: this.#root,
      },
    );
  }
}
