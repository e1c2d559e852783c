/**
 * What each setting takes and what it refuses, with which words.
 */
import { describe, expect, it } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { settings, type SettingName } from "../../../agent/config/settings.ts";
import { load, problemsOf } from "../../fakes/config.ts";

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

function catchError(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
