/**
 * Settings, sessions that cannot start, and pipelines, as a person sees them who runs the command.
 */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  CommandLine,
  commandTimeoutMs,
  mainPath,
} from "../../fixtures/command-line.ts";

let commands: CommandLine;
beforeEach(() => {
  commands = new CommandLine();
});
afterEach(() => commands[Symbol.asyncDispose]());

describe("wrong settings", () => {
  it("are all reported in one run, with exit code 78", async () => {
    const { exitCode, stdout, stderr } = await commands.run(
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
    const { exitCode, stderr } = await commands.run(line.split(" "));
    expect(exitCode).toBe(78);
    expect(stderr).not.toBe("");
  });

  it("come with the nearest flag", async () => {
    const { stderr } = await commands.run(["run", "--prot", "1"]);
    expect(stderr).toContain("Did you mean --port?");
  });

  it("include an application for a command that starts none", async () => {
    const { exitCode, stderr } = await commands.run(["doctor", "--", "xterm"]);
    expect(exitCode).toBe(78);
    expect(stderr).toContain("starts no application");
  });
});

describe("help", () => {
  it("lists every command and ends well", async () => {
    const { exitCode, stdout } = await commands.run(["--help"]);
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

describe("run", () => {
  it("says which port is taken and ends with exit code 75", async () => {
    const port = await commands.listen(() => undefined);
    const folder = await commands.temporaryFolder();
    const { exitCode, stdout, stderr } = await commands.run([
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
    const { exitCode, stderr } = await commands.run([
      "run",
      "--port",
      "0",
      "--runtime-dir",
      join(mainPath, "session"),
    ]);
    expect(stderr).toContain(join(mainPath, "session"));
    expect(exitCode).toBe(73);
  });

  it("says that the display is dead and ends with exit code 69", async () => {
    const folder = await commands.temporaryFolder();
    const { exitCode, stderr } = await commands.run(
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
      const folder = await commands.temporaryFolder();
      const { exitCode, stdout, stderr } = await commands.run([
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
    const folder = await commands.temporaryFolder();
    const { exitCode, stderr } = await commands.run(
      ["run", "--port", "0", "--runtime-dir", join(folder, "session")],
      { PATH: folder },
    );
    expect(stderr).toMatch(/is not installed\n.*apt-get install/);
    expect(exitCode).toBe(69);
  });
});

describe("pipelines", () => {
  it("prints a launch line for each codec and for the sound", async () => {
    const { exitCode, stdout } = await commands.run(
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
    const { stdout } = await commands.run(["pipelines", "--all"]);
    for (const element of ["x264enc", "openh264enc", "vp8enc", "vp9enc"])
      expect(stdout).toContain(`(${element})`);
  });

  it("prints only what the settings ask for", async () => {
    const { stdout } = await commands.run([
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
      const folder = await commands.temporaryFolder();
      const { exitCode, stderr } = await commands.run(
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
      const folder = await commands.temporaryFolder();
      const { exitCode, stdout } = await commands.run(
        ["pipelines", ...insists, "--video-encoder-fallback"],
        { XDG_CACHE_HOME: folder },
      );
      expect(exitCode).toBe(0);
      expect(stdout).toContain("# video-h264 (x264enc)");
    },
    commandTimeoutMs,
  );
});
