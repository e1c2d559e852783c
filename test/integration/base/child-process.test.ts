import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  ChildSpawner,
  runToEnd,
  type ChildObserver,
  type OwnedChild,
} from "../../../agent/base/child-process.ts";
import { poll } from "../../../agent/base/deadline.ts";
import { gone, isAlive } from "./process-state.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`children/${name}.ts`, import.meta.url));

/** A Node child with its output lines. */
async function startFixture(
  name: string,
  options: {
    spawner?: ChildSpawner;
    killLadder?: { signal: NodeJS.Signals; waitMs: number }[];
  } = {},
): Promise<{
  child: OwnedChild;
  lines: string[];
  line: () => Promise<string>;
}> {
  const lines: string[] = [];
  const child = await (options.spawner ?? new ChildSpawner()).spawn({
    name,
    file: process.execPath,
    args: [fixture(name)],
    onOutputLine: (line) => lines.push(line),
    ...(options.killLadder === undefined
      ? {}
      : { killLadder: options.killLadder }),
  });
  const line = (): Promise<string> =>
    poll(() => lines[0], {
      everyMs: 5,
      timeoutMs: 5_000,
      what: `a line of ${name}`,
    });
  return { child, lines, line };
}

const shell = (
  script: string,
): { name: string; file: string; args: string[] } => ({
  name: "sh",
  file: "/bin/sh",
  args: ["-c", script],
});

describe("the end of a child", () => {
  test("says the exit code, and keeps the last lines of what it wrote", async () => {
    await using child = await new ChildSpawner().spawn(
      shell(
        "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line $i >&2; done; printf last >&2; exit 7",
      ),
    );
    await expect(child.exited).resolves.toEqual({
      kind: "exit-code",
      exitCode: 7,
    });
    const numbered = Array.from(
      { length: 19 },
      (_, index) => `line ${index + 12}`,
    );
    expect(child.lastLines()).toEqual([...numbered, "last"]);
  });

  test("by a signal of somebody else says which", async () => {
    await using child = await new ChildSpawner().spawn(shell("sleep 60"));
    process.kill(child.pid, "SIGKILL");
    await expect(child.exited).resolves.toEqual({
      kind: "signal",
      signal: "SIGKILL",
    });
  });

  test("that was asked for is told as such, and asking twice is harmless", async () => {
    const child = await new ChildSpawner().spawn(shell("sleep 60"));
    await Promise.all([child.close(), child.close()]);
    await child.close();
    await expect(child.exited).resolves.toEqual({ kind: "requested" });
    expect(isAlive(child.pid)).toBe(false);
  });

  test("because it does not do its work says what was missing", async () => {
    const child = await new ChildSpawner().spawn(shell("sleep 60"));
    await child.closeAsStalled("no packet");
    await expect(child.exited).resolves.toEqual({
      kind: "stalled",
      what: "no packet",
    });
  });

  test("comes by SIGKILL when it does not listen to SIGTERM", async () => {
    const { child, lines, line } = await startFixture("ignores-sigterm", {
      killLadder: [
        { signal: "SIGTERM", waitMs: 300 },
        { signal: "SIGKILL", waitMs: 1_000 },
      ],
    });
    await line();
    const beginMs = performance.now();
    await child.close();
    expect(performance.now() - beginMs).toBeGreaterThanOrEqual(295);
    expect(performance.now() - beginMs).toBeLessThan(2_500);
    expect(lines).toEqual(["ready", "not yet"]);
    expect(isAlive(child.pid)).toBe(false);
  });

  test("takes what it started with it, even what does not listen", async () => {
    const { child, line } = await startFixture("has-grandchild");
    const grandchild = Number(await line());
    expect(isAlive(grandchild)).toBe(true);
    process.kill(child.pid, "SIGKILL");
    await child.exited;
    await gone(grandchild);
  });

  test("is not held up by somebody who keeps its output open", async () => {
    // The sleeper leaves the group and holds on to standard output.
    const child = await new ChildSpawner().spawn(
      shell("setsid sleep 5 & echo started $!; exit 3"),
    );
    const beginMs = performance.now();
    await expect(child.exited).resolves.toEqual({
      kind: "exit-code",
      exitCode: 3,
    });
    expect(performance.now() - beginMs).toBeLessThan(2_000);
    const sleeper = Number(child.lastLines()[0]?.split(" ")[1]);
    if (isAlive(sleeper)) process.kill(sleeper, "SIGKILL");
  });
});

describe("a start", () => {
  test("of a program that is not installed is refused before anything is started", async () => {
    const spawner = new ChildSpawner();
    await expect(
      spawner.spawn({ name: "ghost", file: "no-such-program", args: [] }),
    ).rejects.toMatchObject({ code: "missing-program" });
    expect(spawner.children.size).toBe(0);
  });

  test("in a directory that is not there fails with the system's reason", async () => {
    await expect(
      new ChildSpawner().spawn({ ...shell("true"), cwd: "/nonexistent" }),
    ).rejects.toMatchObject({
      code: "spawn-failed",
      message: expect.stringContaining("ENOENT") as string,
    });
  });

  test.each([
    {
      what: "more arguments than the system takes",
      argument: "x".repeat(3_000_000),
    },
    { what: "an argument with a zero byte", argument: "a\0b" },
  ])("with $what fails in the same way", async ({ argument }) => {
    await expect(
      new ChildSpawner().spawn({
        name: "true",
        file: "true",
        args: [argument],
      }),
    ).rejects.toMatchObject({ code: "spawn-failed" });
  });

  test("tells the observer of the group, and of its end", async () => {
    const heard: string[] = [];
    const observer: ChildObserver = {
      started: (group) => heard.push(`started ${group}`),
      ended: (group) => heard.push(`ended ${group}`),
    };
    const spawner = new ChildSpawner({ observer });
    const child = await spawner.spawn(shell("sleep 60"));
    expect([...spawner.children]).toEqual([child]);
    await child.close();
    expect(heard).toEqual([`started ${child.pid}`, `ended ${child.pid}`]);
    expect(spawner.children.size).toBe(0);
  });

  test("gives the child its environment, directory and extra pipes", async () => {
    const lines: string[] = [];
    await using child = await new ChildSpawner().spawn({
      ...shell('echo "$WORD $(pwd)"; cat <&4 >&3'),
      env: { PATH: process.env["PATH"], WORD: "hello" },
      cwd: "/",
      extraPipes: 2,
      onOutputLine: (line) => lines.push(line),
    });
    const echoed = once(child.pipe(3), "data");
    child.pipe(4).end("through the pipe");
    expect(String((await echoed)[0])).toBe("through the pipe");
    await expect(child.exited).resolves.toEqual({
      kind: "exit-code",
      exitCode: 0,
    });
    expect(lines).toEqual(["hello /"]);
    expect(() => child.stdin).toThrow(
      expect.objectContaining({ code: "internal" }),
    );
  });

  test("survives that the child does not read what is written to it", async () => {
    await using child = await new ChildSpawner().spawn({
      ...shell("exit 0"),
      stdin: true,
    });
    child.stdin.write("x".repeat(1_000_000));
    await expect(child.exited).resolves.toMatchObject({ kind: "exit-code" });
  });
});

describe("a child that writes without end", () => {
  const spawner = new ChildSpawner();

  test("is read at a bounded rate, and told of once", async () => {
    let floods = 0;
    await using child = await spawner.spawn({
      name: "flood",
      file: "yes",
      args: ["much to say"],
      onFlood: () => {
        floods += 1;
      },
    });
    const before = performance.eventLoopUtilization();
    await delay(1_500);
    const { utilization } = performance.eventLoopUtilization(before);
    expect(floods).toBe(1);
    expect(child.lastLines()[0]).toMatch(/^\(it wrote more than/);
    expect(child.lastLines().at(-1)).toBe("much to say");
    // Without a bound the loop does nothing else.
    expect(utilization).toBeLessThan(0.5);
    expect(child.lastLines().length).toBeLessThan(30);
  });

  test("and then ends is read to its last line", async () => {
    const child = await spawner.spawn({
      name: "flood",
      file: process.execPath,
      args: [
        "-e",
        'process.stderr.write("x\\n".repeat(1_000_000)); process.stderr.write("the reason\\n")',
      ],
    });
    await child.exited;
    expect(child.lastLines().at(-1)).toBe("the reason");
  });
});

describe("the death of the owner", () => {
  test("by SIGKILL takes the child along", async () => {
    const owner = spawn(process.execPath, [fixture("owner")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [first] = (await once(owner.stdout, "data")) as [Buffer];
    const [child = 0, grandchild = 0] = first
      .toString()
      .trim()
      .split(" ")
      .map(Number);
    expect([isAlive(child), isAlive(grandchild)]).toEqual([true, true]);
    owner.kill("SIGKILL");
    await gone(child);
    // Without a guard nobody ends the grandchild: the parent-death signal does not reach it.
    expect(isAlive(grandchild)).toBe(true);
    process.kill(grandchild, "SIGKILL");
  });
});

describe("runToEnd", () => {
  test("gives output, error lines and exit code", async () => {
    await expect(
      runToEnd({
        ...shell("echo out; echo err >&2; exit 3"),
        timeoutMs: 5_000,
      }),
    ).resolves.toEqual({
      exit: { kind: "exit-code", exitCode: 3 },
      exitCode: 3,
      stdout: "out\n",
      stderrLines: ["err"],
    });
  });

  test("ends a program that takes too long", async () => {
    const spawner = new ChildSpawner();
    const running = runToEnd({
      ...shell("sleep 60"),
      timeoutMs: 1_000,
      spawner,
    });
    const pid = await poll(() => [...spawner.children][0]?.pid, {
      everyMs: 5,
      timeoutMs: 900,
      what: "the child",
    });
    await expect(running).rejects.toMatchObject({
      code: "timeout",
      message: "the end of /bin/sh did not happen within 1000 ms",
    });
    expect(isAlive(pid)).toBe(false);
  });

  test("ends a program whose caller has lost interest", async () => {
    const abort = new AbortController();
    const spawner = new ChildSpawner();
    const running = runToEnd({
      ...shell("sleep 60"),
      timeoutMs: 5_000,
      spawner,
      signal: abort.signal,
    });
    setTimeout(() => {
      abort.abort();
    }, 100);
    await expect(running).rejects.toMatchObject({ code: "aborted" });
    expect(spawner.children.size).toBe(0);
  });

  test("keeps a bounded part of endless output", async () => {
    const result = await runToEnd({
      ...shell("yes | head -c 5000000"),
      timeoutMs: 20_000,
    });
    expect(result.stdout.length).toBeLessThan(1_010_000);
    expect(result.stdout.length).toBeGreaterThan(990_000);
  });
});
