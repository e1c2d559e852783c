import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { describeConfig } from "../../../agent/config/describe-config.ts";
import { settingNames, settings } from "../../../agent/config/settings.ts";
import { load, problemsOf } from "../../fakes/config.ts";

describe("precedence", () => {
  it("uses the documented defaults where nothing is given", () => {
    const { config, warnings } = load();
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      host: "0.0.0.0",
      port: 8080,
      token: undefined,
      allowedOrigins: [],
      display: undefined,
      displayWidth: 1920,
      displayHeight: 1080,
      displayDpi: 96,
      application: undefined,
      onApplicationExit: "restart",
      frameRate: 60,
      videoBitrateBps: 6_000_000,
      videoCodecs: ["h264", "vp8", "vp9", "av1", "h265"],
      videoEncoder: [],
      videoEncoderOrder: ["nvenc", "vaapi", "software"],
      videoEncoderFallback: false,
      audio: true,
      audioChannels: 2,
      audioBitrateBps: 128_000,
      iceServers: [],
      iceTransportPolicy: "all",
      maxViewers: 8,
      maxControllers: undefined,
      viewerToken: undefined,
      control: "shared",
      allowViewerControl: false,
      viewerCursors: true,
      runtimeDir: "/tmp/streamspace-1000",
      logLevel: "info",
      logFormat: "auto",
    });
  });

  it("prefers the variable to the default and the flag to the variable", () => {
    const env = { STREAMSPACE_PORT: "9000", STREAMSPACE_MAX_VIEWERS: "3" };
    const { config } = load({ env, flags: { port: "9001" } });
    expect(config.port).toBe(9001);
    expect(config.maxViewers).toBe(3);
  });

  it("does not judge a variable that a flag has replaced", () => {
    const env = { STREAMSPACE_PORT: "nonsense" };
    expect(load({ env, flags: { port: "9001" } }).config.port).toBe(9001);
  });

  it("takes an empty variable for one that is not set", () => {
    const { config } = load({ env: { STREAMSPACE_PORT: "", DISPLAY: "" } });
    expect(config.port).toBe(8080);
    expect(config.display).toBeUndefined();
  });

  it("prefers the command after -- to STREAMSPACE_APPLICATION", () => {
    const env = { STREAMSPACE_APPLICATION: "xclock" };
    expect(load({ env }).config.application).toEqual(["xclock"]);
    expect(
      load({ env, command: ["xterm", "-e", "ls -l"] }).config,
    ).toHaveProperty("application", ["xterm", "-e", "ls -l"]);
  });

  it("puts the run-time directory into XDG_RUNTIME_DIR where there is one", () => {
    const env = { XDG_RUNTIME_DIR: "/run/user/1000" };
    expect(load({ env }).config.runtimeDir).toBe("/run/user/1000/streamspace");
  });
});

describe("settings that depend on each other", () => {
  it("reads the token from its file and drops white space around it", () => {
    const { config } = load({
      env: { STREAMSPACE_TOKEN_FILE: "/run/secrets/token" },
      readFile: (path) => {
        expect(path).toBe("/run/secrets/token");
        return "  secret-token\n";
      },
    });
    expect(config.token).toBe("secret-token");
  });

  it("refuses a token and a token file together", () => {
    const problems = problemsOf({
      flags: { token: "abcdefgh" },
      env: { STREAMSPACE_TOKEN_FILE: "/run/secrets/token" },
      readFile: () => "other-token",
    });
    expect(problems).toEqual([
      "--token and STREAMSPACE_TOKEN_FILE are both given; keep one",
    ]);
  });

  it("reads the viewer token likewise", () => {
    const { config } = load({
      env: { STREAMSPACE_VIEWER_TOKEN_FILE: "/run/secrets/viewer" },
      readFile: () => "lookers-token\n",
    });
    expect(config.viewerToken).toBe("lookers-token");
    expect(config.token).toBeUndefined();
    expect(
      problemsOf({
        flags: { viewerToken: "abcdefgh", viewerTokenFile: "/t" },
        readFile: () => "lookers-token",
      }),
    ).toEqual([
      "--viewer-token and --viewer-token-file are both given; keep one",
    ]);
  });

  it("refuses one token for both roles", () => {
    const flags = { token: "abcdefgh", viewerToken: "abcdefgh" };
    expect(problemsOf({ flags })).toEqual([
      "--viewer-token is the same as --token, so that nobody would only look; choose another",
    ]);
  });

  it("refuses a token file that cannot be read", () => {
    const flags = { tokenFile: "/nonexistent/token" };
    expect(problemsOf({ flags })[0]).toMatch(/--token-file .*\(ENOENT\)/);
  });

  it("refuses an empty token file without showing what a bad one holds", () => {
    const flags = { tokenFile: "/t" };
    expect(problemsOf({ flags, readFile: () => " \n" })).toHaveLength(1);
    const [problem] = problemsOf({ flags, readFile: () => "two words" });
    expect(problem).not.toContain("two words");
  });

  it("refuses the relay policy without a TURN server", () => {
    const flags = { iceTransportPolicy: "relay", iceServers: "stun:a.example" };
    expect(problemsOf({ flags })[0]).toMatch(/--ice-transport-policy.*no TURN/);
  });

  it("refuses KasmVNC as the X server of a display that somebody else runs", () => {
    const env = { DISPLAY: ":7", STREAMSPACE_X_SERVER: "kasmvnc" };
    expect(problemsOf({ env })).toEqual([
      'STREAMSPACE_X_SERVER is "kasmvnc" but DISPLAY names a display that somebody else runs; --display none starts an own one',
    ]);
    expect(load({ env, flags: { display: "none" } }).config).toMatchObject({
      ...{ display: undefined, xServer: "kasmvnc" },
    });
    expect(load({ env: { DISPLAY: ":7" } }).config.xServer).toBe("xvfb");
  });

  it("accepts the relay policy with a TURN server", () => {
    const iceServers =
      '[{"urls":"turn:a.example","username":"u","credential":"c"}]';
    const flags = { iceTransportPolicy: "relay", iceServers };
    expect(load({ flags }).config.iceTransportPolicy).toBe("relay");
  });
});

describe("settings that make no sense together", () => {
  it.each<[string, Parameters<typeof problemsOf>[0], readonly string[]]>([
    [
      "a microphone without sound",
      { flags: { audio: "false", microphone: "true" } },
      ["--microphone needs sound, but --audio is off"],
    ],
    [
      "the same by variables",
      { env: { STREAMSPACE_AUDIO: "off", STREAMSPACE_MICROPHONE: "on" } },
      ["STREAMSPACE_MICROPHONE needs sound, but STREAMSPACE_AUDIO is off"],
    ],
    [
      "a port for VNC programs without a password",
      { flags: { vncPort: "5900" } },
      [
        "--vnc-port needs a password: STREAMSPACE_VNC_PASSWORD_FILE names no file",
      ],
    ],
    [
      "a port for VNC programs without VNC",
      { flags: { vnc: "false", vncPort: "5900", vncPasswordFile: "/p" } },
      ["--vnc-port opens a port for VNC, but --vnc is off"],
    ],
    [
      "VNC as the only way without VNC",
      { flags: { vnc: "false", transport: "vnc" } },
      ['--transport is "vnc", but --vnc is off'],
    ],
    [
      "several of them, each in a sentence",
      { flags: { audio: "false", microphone: "true", vncPort: "5900" } },
      [
        "--microphone needs sound, but --audio is off",
        "--vnc-port needs a password: STREAMSPACE_VNC_PASSWORD_FILE names no file",
      ],
    ],
  ])("%s", (_name, sources, problems) => {
    expect(problemsOf(sources)).toEqual(problems);
  });

  it.each([
    { audio: "false" },
    { microphone: "true" },
    { vncPort: "5900", vncPasswordFile: "/run/vnc-password" },
    { vnc: "false", vncPort: "off" },
  ])("takes %j", (flags) => {
    expect(problemsOf({ flags })).toEqual([]);
  });

  it("says nothing of a pair where one of the two is wrong by itself", () => {
    const flags = { vncPort: "5900", vncPasswordFile: "no absolute path" };
    expect(problemsOf({ flags })).toHaveLength(1);
  });
});

describe("warnings", () => {
  it("rounds odd sizes down to even ones and says so", () => {
    const { config, warnings } = load({ env: { DISPLAY_HEIGHT: "1081" } });
    expect(config.displayHeight).toBe(1080);
    expect(warnings).toEqual([
      "DISPLAY_HEIGHT: video needs even sizes; 1080 is used",
    ]);
  });

  it.each(["Mars/Olympus", "+01:00"])(
    "does without the time zone %s",
    (zone) => {
      const { config, warnings } = load({ env: { TZ: zone } });
      expect(config.timezone).toBeUndefined();
      expect(warnings).toHaveLength(1);
    },
  );
});

describe("a configuration for the log", () => {
  it("shows that secrets are set, but not what they are", () => {
    const { config } = load({ env: { STREAMSPACE_TOKEN: "abcdefgh" } });
    const described = describeConfig(config);
    expect(described).toMatchObject({ token: "[secret]", port: 8080 });
    expect(described["iceServers"]).toEqual([]);
    expect(JSON.stringify(described)).not.toContain("abcdefgh");
  });
});

describe("any input", () => {
  const variables = settingNames.map((name) => settings[name].variable);
  const environment = fc.dictionary(
    fc.oneof(
      fc.constantFrom(...variables),
      fc.string().map((text) => `STREAMSPACE_${text}`),
    ),
    fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^[\d.,:kM-]{0,12}$/)),
  );
  const flags = fc.dictionary(fc.constantFrom(...settingNames), fc.string());

  it("gives a configuration or a StreamSpaceError with the code config", () => {
    fc.assert(
      fc.property(
        environment,
        flags,
        fc.array(fc.string()),
        (env, given, command) => {
          try {
            const { config } = load({ env, flags: given, command });
            expect(Object.keys(config).toSorted()).toEqual(
              settingNames.toSorted(),
            );
          } catch (error) {
            expect(error).toBeInstanceOf(StreamSpaceError);
            expect(error).toHaveProperty("code", "config");
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("keeps every number that is accepted within its range", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const result = settings.displayWidth.kind.read(text);
        if (!result.ok) return;
        expect(result.value).toBeGreaterThanOrEqual(64);
        expect(result.value).toBeLessThanOrEqual(7680);
        expect(result.value % 2).toBe(0);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), (port) => {
        expect(settings.port.kind.read(String(port))).toEqual({
          ok: true,
          value: port,
        });
      }),
    );
  });
});
