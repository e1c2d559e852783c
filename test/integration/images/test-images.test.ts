/**
 * The script that builds and tests images, in a folder of its own, with stand-ins for the engine and for the test itself.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { poll } from "../../../agent/base/deadline.ts";
import { signalGroup } from "../../../agent/base/child-process.ts";

const root = join(import.meta.dirname, "../../..");

/** Says what it is asked; has one container and one volume of a test that was killed. */
const podman = `#!/bin/sh
echo "podman $*" >>"$ASKED"
case "$1 $2" in
  "ps "*) echo left ;;
  "volume ls") echo streamspace-test-left ;;
esac
`;
/** Takes a moment to end. */
const test = `
import { appendFileSync } from "node:fs";
const say = (words) => appendFileSync(process.env.ASKED, words + "\\n");
say("test " + process.argv[2]);
process.on("SIGTERM", () => setTimeout(() => { say("test ended"); process.exit(143); }, 300));
if (process.env.WAITS) setInterval(() => {}, 1000);
`;

let folder: string;

async function writeProgram(name: string, text: string): Promise<void> {
  await writeFile(join(folder, "bin", name), text, { mode: 0o755 });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "test-images-test-"));
  for (const each of ["bin", "store/overlay-images", "scripts/test-image"])
    await mkdir(join(folder, each), { recursive: true });
  for (const name of ["setup.sh", "containers.sh", "test-images.sh"])
    await cp(join(root, "scripts", name), join(folder, "scripts", name));
  for (const name of ["desktop", "gimp"]) {
    await mkdir(join(folder, "images", name), { recursive: true });
    await writeFile(join(folder, "images", name, "Dockerfile"), "");
  }
  await writeFile(join(folder, "package.json"), '{"version":"1.2.3"}');
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "scripts/test-image/main.ts"), test);
  const settings = join(folder, "test-results/containers");
  await mkdir(settings, { recursive: true });
  await writeFile(join(settings, "docker-seccomp.json"), "{}");
  await writeProgram("podman", podman);
  for (const name of ["buildah", "git"])
    await writeProgram(name, "#!/bin/sh\n");
  await writeProgram("id", "#!/bin/sh\necho 0\n");
  await writeProgram(
    "dpkg-query",
    '#!/bin/sh\nfor word; do echo "$word installed"; done\n',
  );
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Starts the script as the leader of a group. */
function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(join(folder, "scripts/test-images.sh"), args, {
    env: {
      ...process.env,
      PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
      ASKED: join(folder, "asked"),
      STREAMSPACE_TEST_STORAGE: join(folder, "store"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      words += chunk.toString();
    });
  const ended = new Promise<{ exit: unknown; words: string }>((resolve) => {
    child.once("close", (code, signal) => {
      resolve({ exit: code ?? signal, words });
    });
  });
  return { pid: child.pid ?? 0, ended };
}

function asked(): string[] {
  const file = join(folder, "asked");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

const tested = (): string[] =>
  asked().flatMap((line) => /^test .*\/(.*):dev$/.exec(line)?.[1] ?? []);

describe("the command", () => {
  it.each([
    [["--all", "desktop"], /^error: --all tests desktop too/],
    [["desktop", "--all"], /^error: --all tests desktop too/],
    [["--everything"], /^error: there is no option --everything/],
    [["-a"], /^error: there is no option -a/],
    [["none"], /^error: there is no image "none" in images\//],
    [[""], /^error: there is no image "" in images\//],
  ])("%j is wrong, in one sentence", async (args, sentence) => {
    const { exit, words } = await start(args).ended;
    expect(exit).toBe(2);
    expect(words).toMatch(sentence);
    expect(words.trim()).not.toContain("\n");
    expect(asked()).toEqual([]);
  });

  it.each(["-h", "--help"])("%s prints the usage", async (option) => {
    const { exit, words } = await start([option]).ended;
    expect(exit).toBe(0);
    expect(words).toMatch(
      /^Usage: scripts\/test-images\.sh \[NAME… \| --all\]/,
    );
    expect(asked()).toEqual([]);
  });

  it.each([
    [["gimp"], ["gimp"]],
    [["--all"], ["runtime", "desktop", "gimp"]],
  ])("%j tests %j", async (args, names) => {
    expect(await start(args).ended).toMatchObject({ exit: 0 });
    expect(tested()).toEqual(names);
  });
});

it.each([
  [
    "to the script alone",
    (pid: number): boolean => process.kill(pid, "SIGTERM"),
  ],
  [
    "to its group",
    (pid: number) => {
      signalGroup(pid, "SIGTERM");
    },
  ],
] as const)(
  "SIGTERM %s ends the test first, then what that may have left",
  async (_, end) => {
    const { pid, ended } = start(["desktop"], { WAITS: "1" });
    await poll(() => tested().length > 0 || undefined, {
      everyMs: 20,
      timeoutMs: 15_000,
      what: "the test of the image",
    });
    const before = asked().length;
    end(pid);
    expect((await ended).exit).toBe("SIGTERM");
    expect(
      asked()
        .slice(before)
        .filter((line) => /ended| rm /.test(line)),
    ).toEqual([
      "test ended",
      "podman rm --force --volumes left",
      "podman volume rm --force streamspace-test-left",
    ]);
  },
);
