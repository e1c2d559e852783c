/**
 * The commands that ask about a session or a machine.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandLine, mainPath } from "../../fixtures/command-line.ts";

let commands: CommandLine;
beforeEach(() => {
  commands = new CommandLine();
});
afterEach(() => commands[Symbol.asyncDispose]());

describe("healthcheck", () => {
  async function serve(status: number): Promise<number> {
    return await commands.listen((request, response) => {
      response.statusCode = request.url === "/readyz" ? status : 404;
      response.end("the display does not answer\n");
    });
  }

  it("fails with one line where nothing listens", async () => {
    const { exitCode, stdout, stderr } = await commands.run([
      "healthcheck",
      "--port",
      "1",
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr.trimEnd().split("\n")).toEqual([
      "unhealthy: http://127.0.0.1:1/readyz does not answer (ECONNREFUSED)",
    ]);
  });

  it("succeeds where the agent is ready", async () => {
    const port = await serve(200);
    const { exitCode, stdout } = await commands.run(["healthcheck"], {
      STREAMSPACE_PORT: String(port),
    });
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`ready: http://127.0.0.1:${port}/readyz\n`);
  });

  it("fails and repeats the reason where the agent is not ready", async () => {
    const port = await serve(503);
    const { exitCode, stderr } = await commands.run([
      "healthcheck",
      "--port",
      String(port),
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("answered 503: the display does not answer");
  });

  it("gives up on an agent that accepts and stays silent", async () => {
    const port = await commands.listen(() => undefined);
    const { exitCode, stderr } = await commands.run([
      "healthcheck",
      "--port",
      String(port),
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("nothing within 1000 ms");
  });
});

describe("token", () => {
  it("makes a fresh one that the settings accept", async () => {
    const [first, second] = await Promise.all([
      commands.run(["token", "--new"]),
      commands.run(["token", "--new"]),
    ]);
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^[\w-]{43}\n$/);
    expect(first.stdout).not.toBe(second.stdout);
  });

  it("prints the one of the agent that runs in the run-time directory", async () => {
    const folder = await commands.temporaryFolder();
    await mkdir(join(folder, "session"));
    await writeFile(join(folder, "session", "token"), "token-of-a-session\n");
    const { exitCode, stdout } = await commands.run([
      "token",
      "--runtime-dir",
      folder,
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe("token-of-a-session\n");
  });

  it("prints the one for lookers, and never the other in its place", async () => {
    const folder = await commands.temporaryFolder();
    await mkdir(join(folder, "session"));
    await writeFile(join(folder, "session", "token"), "token-of-a-session\n");
    const line = ["token", "--viewer", "--runtime-dir", folder];
    const without = await commands.run(line);
    expect(without.exitCode).toBe(77);
    expect(without.stdout).toBe("");
    await writeFile(join(folder, "session", "viewer-token"), "to-look\n");
    expect((await commands.run(line)).stdout).toBe("to-look\n");
  });

  it("says what to do where no agent runs", async () => {
    const folder = await commands.temporaryFolder();
    const { exitCode, stderr } = await commands.run([
      "token",
      "--runtime-dir",
      folder,
    ]);
    expect(exitCode).toBe(77);
    expect(stderr).toContain(
      `no agent runs with the run-time directory ${folder}`,
    );
  });
});

describe("doctor", () => {
  it("finds this machine fit, each encoder by encoding", async () => {
    const folder = await commands.temporaryFolder();
    const { exitCode, stdout } = await commands.run([
      "doctor",
      "--json",
      "--port",
      "0",
      "--runtime-dir",
      join(folder, "session"),
    ]);
    const { ok, findings } = JSON.parse(stdout) as {
      ok: boolean;
      findings: { area: string; status: string; message: string }[];
    };
    expect(findings.filter(({ status }) => status === "fail")).toEqual([]);
    expect(ok).toBe(true);
    expect(exitCode).toBe(0);
    const encoders = findings.filter(({ area }) => area === "encoders");
    const messages = encoders.map(({ message }) => message);
    for (const element of ["x264enc", "openh264enc", "vp8enc", "vp9enc"]) {
      expect(messages.join("\n")).toMatch(
        new RegExp(`: ${element} encodes: first packet after \\d+ ms`),
      );
    }
    expect(messages.join("\n")).toMatch(
      /not here: .*nvh264enc.*; would need an NVIDIA card/,
    );
    expect(messages.join("\n")).toContain("audio-opus: opusenc encoded");
  });

  it("names a taken port, an unusable directory and a dead STUN server together", async () => {
    const port = await commands.listen(() => undefined);
    const { exitCode, stdout } = await commands.run([
      "doctor",
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--runtime-dir",
      join(mainPath, "session"),
      "--ice-servers",
      "stun:127.0.0.1:9",
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(stdout).toContain(`${join(mainPath, "session")} cannot be used`);
    expect(stdout).toContain("stun:127.0.0.1:9 does not answer");
    expect(stdout).toMatch(/3 to mend\n$/);
  });

  it("says how to mend programs that are not installed", async () => {
    const folder = await commands.temporaryFolder();
    const { exitCode, stdout } = await commands.run(
      ["doctor", "--port", "0", "--runtime-dir", folder],
      { PATH: folder },
    );
    expect(exitCode).toBe(1);
    for (const name of [
      "xvfb",
      "gstreamer1.0-tools",
      "pulseaudio",
      "util-linux",
    ]) {
      expect(stdout).toContain(`apt-get install ${name}`);
    }
  });
});
