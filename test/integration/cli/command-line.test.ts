/**
 * The commands as a person runs them: `node agent/cli/main.ts …` as a child process.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";

const main = fileURLToPath(
  new URL("../../../agent/cli/main.ts", import.meta.url),
);
const commandTimeoutMs = 25_000;

interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Not the one that everybody has: a session of this machine would be taken for ours. */
const runtimeFolder = mkdtempSync(join(tmpdir(), "streamspace-test-"));
afterAll(() => rm(runtimeFolder, { recursive: true, force: true }));

/** Runs a command with nothing in its environment but what every program needs, and what the test gives. */
async function streamspace(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      {
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: tmpdir(),
          XDG_RUNTIME_DIR: runtimeFolder,
          ...env,
        },
        timeout: commandTimeoutMs,
        killSignal: "SIGKILL",
      },
      (_error, stdout, stderr) => {
        // A code of null means that the deadline ended it.
        resolve({ exitCode: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });
}

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "streamspace-test-"));
  cleanUps.push(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

describe("wrong settings", () => {
  it("are all reported in one run, with exit code 78", async () => {
    const { exitCode, stdout, stderr } = await streamspace(
      ["run", "--port", "8080x"],
      { DISPLAY_WIDTH: "wide" },
    );
    expect(exitCode).toBe(78);
    expect(stdout).toBe("");
    expect(stderr).toContain('--port is "8080x"');
    expect(stderr).toContain('DISPLAY_WIDTH is "wide"');
  });

  it.each([
    { line: "run --prot 1" },
    { line: "rnu" },
    { line: "run xterm" },
    { line: "run --port" },
  ])("as in $line end with exit code 78", async ({ line }) => {
    const { exitCode, stderr } = await streamspace(line.split(" "));
    expect(exitCode).toBe(78);
    expect(stderr).not.toBe("");
  });

  it("come with the nearest flag", async () => {
    const { stderr } = await streamspace(["run", "--prot", "1"]);
    expect(stderr).toContain("Did you mean --port?");
  });

  it("include an application for a command that starts none", async () => {
    const { exitCode, stderr } = await streamspace(["doctor", "--", "xterm"]);
    expect(exitCode).toBe(78);
    expect(stderr).toContain("starts no application");
  });
});

describe("help", () => {
  it("lists every command and ends well", async () => {
    const { exitCode, stdout } = await streamspace(["--help"]);
    expect(exitCode).toBe(0);
    for (const command of [
      "run",
      "doctor",
      "pipelines",
      "healthcheck",
      "token",
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    }
  });
});

/** Listens on a free port of loopback until the test ends, answering as `listener` does. */
async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}

describe("run", () => {
  it("says which port is taken and ends with exit code 75", async () => {
    const port = await listen(() => undefined);
    const folder = await temporaryFolder();
    const { exitCode, stdout, stderr } = await streamspace([
      "run",
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--runtime-dir",
      join(folder, "session"),
    ]);
    expect(stderr).toContain(String(port));
    expect(stdout).toBe("");
    expect(exitCode).toBe(75);
  });

  it("says that the run-time directory is unusable and ends with exit code 73", async () => {
    const { exitCode, stderr } = await streamspace([
      "run",
      "--port",
      "0",
      "--runtime-dir",
      join(main, "session"),
    ]);
    expect(stderr).toContain(join(main, "session"));
    expect(exitCode).toBe(73);
  });

  it("says that the display is dead and ends with exit code 69", async () => {
    const folder = await temporaryFolder();
    const { exitCode, stderr } = await streamspace(
      ["run", "--port", "0", "--runtime-dir", join(folder, "session")],
      { DISPLAY: ":54321" },
    );
    expect(stderr).toContain("the X display :54321 does not answer");
    expect(exitCode).toBe(69);
  });

  it.each([
    {
      args: ["--video-encoder", "nvh264enc"],
      why: "the encoder nvh264enc cannot be used: GStreamer has no element nvh264enc here",
    },
    { args: ["--video-codecs", "av1"], why: "no encoder for av1 works here" },
  ])(
    "says why $args cannot be used, and gives no address of such a session",
    async ({ args, why }) => {
      const folder = await temporaryFolder();
      const { exitCode, stdout, stderr } = await streamspace([
        ...["run", "--port", "0", "--display", "none", "--no-audio"],
        ...["--runtime-dir", join(folder, "session")],
        ...["--cache-dir", join(folder, "cache")],
        ...args,
      ]);
      expect(stderr).toContain(why);
      expect(stdout).toBe("");
      expect(exitCode).toBe(69);
    },
  );

  it("says that a program is missing and ends with exit code 69", async () => {
    const folder = await temporaryFolder();
    const { exitCode, stderr } = await streamspace(
      ["run", "--port", "0", "--runtime-dir", join(folder, "session")],
      { PATH: folder },
    );
    expect(stderr).toMatch(/is not installed\n.*apt-get install/);
    expect(exitCode).toBe(69);
  });
});

describe("healthcheck", () => {
  async function serve(status: number): Promise<number> {
    return await listen((request, response) => {
      response.statusCode = request.url === "/readyz" ? status : 404;
      response.end("the display does not answer\n");
    });
  }

  it("fails with one line where nothing listens", async () => {
    const { exitCode, stdout, stderr } = await streamspace([
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
    const { exitCode, stdout } = await streamspace(["healthcheck"], {
      STREAMSPACE_PORT: String(port),
    });
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`ready: http://127.0.0.1:${port}/readyz\n`);
  });

  it("fails and repeats the reason where the agent is not ready", async () => {
    const port = await serve(503);
    const { exitCode, stderr } = await streamspace([
      "healthcheck",
      "--port",
      String(port),
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("answered 503: the display does not answer");
  });

  it("gives up on an agent that accepts and stays silent", async () => {
    const port = await listen(() => undefined);
    const { exitCode, stderr } = await streamspace([
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
      streamspace(["token", "--new"]),
      streamspace(["token", "--new"]),
    ]);
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^[\w-]{43}\n$/);
    expect(first.stdout).not.toBe(second.stdout);
  });

  it("prints the one of the agent that runs in the run-time directory", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "session"));
    await writeFile(join(folder, "session", "token"), "token-of-a-session\n");
    const { exitCode, stdout } = await streamspace([
      "token",
      "--runtime-dir",
      folder,
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe("token-of-a-session\n");
  });

  it("prints the one for lookers, and never the other in its place", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "session"));
    await writeFile(join(folder, "session", "token"), "token-of-a-session\n");
    const line = ["token", "--viewer", "--runtime-dir", folder];
    const without = await streamspace(line);
    expect(without.exitCode).toBe(77);
    expect(without.stdout).toBe("");
    await writeFile(join(folder, "session", "viewer-token"), "to-look\n");
    expect((await streamspace(line)).stdout).toBe("to-look\n");
  });

  it("says what to do where no agent runs", async () => {
    const folder = await temporaryFolder();
    const { exitCode, stderr } = await streamspace([
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

describe("pipelines", () => {
  it("prints a launch line for each codec and for the sound", async () => {
    const { exitCode, stdout } = await streamspace(
      ["pipelines", "--video-codecs", "h264,vp8"],
      { DISPLAY: ":7" },
    );
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(
      lines.filter((line) => line.startsWith("gst-launch-1.0 ")),
    ).toHaveLength(3);
    expect(stdout).toContain("display-name=:7 ");
    expect(stdout).toContain("x264enc");
    expect(stdout).toContain("vp8enc");
    expect(stdout).toContain("opusenc");
  });

  it("prints every encoder that is installed where it is asked to", async () => {
    const { stdout } = await streamspace(["pipelines", "--all"]);
    for (const element of ["x264enc", "openh264enc", "vp8enc", "vp9enc"])
      expect(stdout).toContain(`(${element})`);
  });

  it("prints only what the settings ask for", async () => {
    const { stdout } = await streamspace([
      "pipelines",
      "--no-audio",
      "--video-codecs",
      "vp8",
      "--video-bitrate",
      "3M",
    ]);
    expect(stdout).not.toMatch(/x264enc|opusenc/);
    expect(stdout).toContain("target-bitrate=3000000");
  });
});

describe("an encoder that the settings insist on and that is not here", () => {
  const insists = ["--video-codecs", "h264", "--video-encoder", "nvh264enc"];
  const refusal =
    "the encoder nvh264enc cannot be used: GStreamer has no element nvh264enc here";

  it.each(["run", "pipelines"])(
    "ends %s with 69 and the reason",
    async (command) => {
      const folder = await temporaryFolder();
      const { exitCode, stderr } = await streamspace(
        [
          command,
          ...insists,
          ...["--port", "0", "--log-level", "error", "--runtime-dir", folder],
        ],
        { XDG_CACHE_HOME: folder },
      );
      expect(exitCode).toBe(69);
      expect(stderr.split(refusal)).toHaveLength(2);
    },
    commandTimeoutMs,
  );

  it(
    "gives way in pipelines where that is allowed",
    async () => {
      const folder = await temporaryFolder();
      const { exitCode, stdout } = await streamspace(
        ["pipelines", ...insists, "--video-encoder-fallback"],
        { XDG_CACHE_HOME: folder },
      );
      expect(exitCode).toBe(0);
      expect(stdout).toContain("# video-h264 (x264enc)");
    },
    commandTimeoutMs,
  );
});

describe("doctor", () => {
  it("finds this machine fit, each encoder by encoding", async () => {
    const folder = await temporaryFolder();
    const { exitCode, stdout } = await streamspace([
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
    const port = await listen(() => undefined);
    const { exitCode, stdout } = await streamspace([
      "doctor",
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--runtime-dir",
      join(main, "session"),
      "--ice-servers",
      "stun:127.0.0.1:9",
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(stdout).toContain(`${join(main, "session")} cannot be used`);
    expect(stdout).toContain("stun:127.0.0.1:9 does not answer");
    expect(stdout).toMatch(/3 to mend\n$/);
  });

  it("says how to mend programs that are not installed", async () => {
    const folder = await temporaryFolder();
    const { exitCode, stdout } = await streamspace(
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
