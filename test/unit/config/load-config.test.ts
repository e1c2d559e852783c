import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { describeConfig } from "../../../agent/config/describe-config.ts";
import {
  loadConfig,
  readConfig,
  type ConfigSources,
} from "../../../agent/config/load-config.ts";
import {
  settingNames,
  settings,
  type Config,
  type SettingName,
} from "../../../agent/config/settings.ts";

/** Loads with nothing given but what a test names. */
function load(sources: Partial<ConfigSources> = {}): {
  config: Config;
  warnings: readonly string[];
} {
  return loadConfig({ flags: {}, env: {}, uid: 1000, ...sources });
}

function problemsOf(sources: Partial<ConfigSources>): readonly string[] {
  const result = readConfig({ flags: {}, env: {}, uid: 1000, ...sources });
  return result.ok ? [] : result.problems;
}

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

describe("values that are accepted", () => {
  const accepted: [SettingName, string, unknown][] = [
    ["host", "127.0.0.1", "127.0.0.1"],
    ["host", "::", "::"],
    ["host", "localhost", "localhost"],
    ["port", "0", 0],
    ["port", "65535", 65_535],
    ["token", "abcdefgh", "abcdefgh"],
    ["allowedOrigins", "*", "*"],
    [
      "allowedOrigins",
      "https://a.example, http://B.example:8080/",
      ["https://a.example", "http://b.example:8080"],
    ],
    ["display", ":0", ":0"],
    ["display", "host:1.0", "host:1.0"],
    ["display", "none", undefined],
    ["displayWidth", "7680", 7680],
    ["puid", "1000680000", 1_000_680_000],
    ["timezone", "Europe/Berlin", "Europe/Berlin"],
    ["windowManager", "none", "none"],
    ["windowManager", "/usr/bin/openbox", "/usr/bin/openbox"],
    ["onApplicationExit", "keep", "keep"],
    ["videoBitrateBps", "8000000", 8_000_000],
    ["videoBitrateBps", "2.5M", 2_500_000],
    ["audioChannels", "6", 6],
    ["audioBitrateBps", "96k", 96_000],
    ["videoCodecs", "vp8", ["vp8"]],
    ["videoCodecs", "vp8, h264", ["vp8", "h264"]],
    ["videoEncoder", "auto", []],
    ["videoEncoder", "vah264enc, vp8enc", ["vah264enc", "vp8enc"]],
    ["videoEncoderOrder", "software,nvh264enc", ["software", "nvh264enc"]],
    ["videoEncoderFallback", "on", true],
    ["audio", "off", false],
    ["audio", "TRUE", true],
    [
      "iceServers",
      "stun:stun.example.org,stun:[2001:db8::1]:3478",
      [
        { urls: ["stun:stun.example.org"] },
        { urls: ["stun:[2001:db8::1]:3478"] },
      ],
    ],
    [
      "iceServers",
      '[{"urls":["turns:turn.example.org:443?transport=tcp"],"username":"u","credential":"c"}]',
      [
        {
          urls: ["turns:turn.example.org:443?transport=tcp"],
          username: "u",
          credential: "c",
        },
      ],
    ],
    ["icePortRange", "50000-50009", { min: 50_000, max: 50_009 }],
    [
      "iceAdvertisedAddresses",
      "192.0.2.1,2001:db8::1",
      ["192.0.2.1", "2001:db8::1"],
    ],
    ["runtimeDir", "/run/streamspace", "/run/streamspace"],
  ];

  it.each(accepted)("%s takes %s", (name, text, value) => {
    const { config } = load({ flags: { [name]: text } });
    expect(config[name]).toEqual(value);
  });

  it("takes a JSON array or a single word as the application", () => {
    const env = { STREAMSPACE_APPLICATION: '["xterm","-T","two words"]' };
    expect(load({ env }).config.application).toEqual([
      "xterm",
      "-T",
      "two words",
    ]);
  });
});

describe("values that are refused", () => {
  const refused: [SettingName, string][] = [
    ["host", "256.1.1.1"],
    ["host", "[::]"],
    ["host", "two words"],
    ["port", "8080x"],
    ["port", " 8080"],
    ["port", "0x1F90"],
    ["port", "1e3"],
    ["port", "80.0"],
    ["port", "-1"],
    ["port", "65536"],
    ["port", "tcp://10.0.0.1:8080"],
    ["token", "short"],
    ["token", "with a space"],
    ["token", "x".repeat(1025)],
    ["allowedOrigins", "a.example"],
    ["allowedOrigins", "https://a.example/path"],
    ["allowedOrigins", "https://a.example,,"],
    ["display", "7"],
    ["displayWidth", "63"],
    ["displayWidth", "7681"],
    ["displayDpi", "0"],
    ["puid", "0"],
    ["pgid", "4294967295"],
    ["windowManager", "openbox --replace"],
    ["onApplicationExit", "Restart"],
    ["frameRate", "145"],
    ["videoBitrateBps", "8m"],
    ["videoBitrateBps", "8 M"],
    ["videoBitrateBps", "99k"],
    ["videoBitrateBps", "201M"],
    ["videoCodecs", ""],
    ["videoCodecs", "h264,mpeg2"],
    ["videoCodecs", "h264,h264"],
    ["videoEncoder", "x264"],
    ["videoEncoder", "x264enc,openh264enc"],
    ["videoEncoderOrder", "gpu"],
    ["audio", "maybe"],
    ["audioChannels", "5.1"],
    ["audioChannels", "4"],
    ["audioChannels", "06"],
    ["audio", "constructor"],
    ["iceServers", "http://stun.example.org"],
    ["iceServers", "stun:stun.example.org:70000"],
    ["iceServers", "turn:turn.example.org"],
    ["iceServers", '[{"urls":"stun:a","extra":1}]'],
    ["iceServers", "[{"],
    ["iceServers", "[null]"],
    ["iceTransportPolicy", "none"],
    ["icePortRange", "50000"],
    ["icePortRange", "50009-50000"],
    ["icePortRange", "50000-50008"],
    ["icePortRange", "80-200"],
    ["iceAdvertisedAddresses", "node.example.org"],
    ["maxViewers", "65"],
    ["runtimeDir", "relative/path"],
    ["logLevel", "verbose"],
    ["logFormat", "xml"],
  ];

  it.each(refused)("%s refuses %j", (name, text) => {
    const problems = problemsOf({ flags: { [name]: text } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(settings[name].flag);
    expect(problems[0]).toContain(settings[name].kind.allowed);
  });

  it.each([
    ["videoEncoder", "x264", '"x264" is unknown; the nearest is x264enc'],
    ["videoEncoder", "vah264en", "the nearest is vah264enc"],
    ["videoEncoder", "x264enc,vah264enc", "x264enc and vah264enc both encode"],
    ["videoEncoderOrder", "vaapy", '"vaapy" is unknown; the nearest is vaapi'],
    ["videoCodecs", "h246", "the nearest is h264"],
  ] as const)("of %s says what is wrong with %j", (name, text, words) => {
    expect(problemsOf({ flags: { [name]: text } })[0]).toContain(words);
  });

  it("refuses an encoder whose codec is not wanted", () => {
    const flags = { videoCodecs: "h264", videoEncoder: "x264enc,vp8enc" };
    expect(problemsOf({ flags })).toEqual([
      "--video-encoder names vp8enc, whose codec --video-codecs leaves out",
    ]);
  });

  it("says how an application with arguments is written", () => {
    const env = { STREAMSPACE_APPLICATION: "xterm -e ls" };
    expect(problemsOf({ env })[0]).toMatch(
      /STREAMSPACE_APPLICATION.*JSON array/,
    );
  });

  it("refuses a command after -- without a program", () => {
    expect(problemsOf({ command: ["", "-x"] })).toHaveLength(1);
  });

  it("reports all problems at once, each by the name it was given with", () => {
    const error = catchError(() =>
      load({
        flags: { port: "80x" },
        env: { DISPLAY_WIDTH: "wide", STREAMSPACE_FRAME_RATE: "0" },
      }),
    );
    expect(error).toBeInstanceOf(StreamSpaceError);
    expect(error).toHaveProperty("code", "config");
    expect(error.message.split("\n")).toEqual([
      "3 settings are wrong:",
      '- --port is "80x"; allowed: a whole number from 0 to 65535',
      expect.stringContaining('- DISPLAY_WIDTH is "wide"; allowed: '),
      expect.stringContaining('- STREAMSPACE_FRAME_RATE is "0"; allowed: '),
    ]);
  });

  it("never repeats a secret", () => {
    const secret = "hunter2 ";
    const error = catchError(() =>
      load({
        env: { STREAMSPACE_TOKEN: secret, STREAMSPACE_ICE_SERVERS: secret },
      }),
    );
    expect(error.message).toContain("STREAMSPACE_TOKEN");
    expect(error.message).toContain("STREAMSPACE_ICE_SERVERS");
    expect(error.message).not.toContain("hunter2");
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

  it("accepts the relay policy with a TURN server", () => {
    const iceServers =
      '[{"urls":"turn:a.example","username":"u","credential":"c"}]';
    const flags = { iceTransportPolicy: "relay", iceServers };
    expect(load({ flags }).config.iceTransportPolicy).toBe("relay");
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

function catchError(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
