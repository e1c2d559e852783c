import { describe, expect, it, test } from "vitest";
import { kasmxproxyArguments } from "../../../agent/session/vnc/kasmvnc.ts";
import { kasmvncArguments } from "../../../agent/session/vnc/kasmvnc-server.ts";
import { kasmvncYaml } from "../../../agent/session/vnc/kasmvnc-yaml.ts";
import { tigervncArguments } from "../../../agent/session/vnc/tigervnc.ts";
import { xvfbArguments } from "../../../agent/session/xvfb.ts";
import { x11vncArguments } from "../../../agent/session/vnc/x11vnc.ts";

const words = (args: readonly string[]): string => args.join(" ");

describe("the command lines", () => {
  it.each([
    [false, ""],
    [true, " -AcceptCutText=0 -SendCutText=0"],
  ])("of X0tigervnc, with a clipboard of its own: %s", (hasClipboard, more) => {
    const args = tigervncArguments({
      ...{ display: ":9", socket: "/s", frameRate: 60, hasClipboard },
    });
    expect(words(args)).toBe(
      `-display :9 -rfbport=-1 -rfbunixpath /s -rfbunixmode 384 -localhost=1 -SecurityTypes None -AlwaysShared -AcceptKeyEvents=0 -AcceptPointerEvents=0 -AcceptSetDesktopSize=0 -PollingCycle 8 -MaxProcessorUsage 90 -FrameRate 60${more}`,
    );
  });

  it("of x11vnc", () => {
    expect(words(x11vncArguments({ display: ":9", socket: "/s" }))).toBe(
      "-display :9 -norc -quiet -nopw -unixsock /s -rfbport 0 -noipv6 -no6 -rfbportv6 -1 -forever -shared -viewonly -xrandr newfbsize -nosel -noprimary -noclipboard -wait 5 -defer 0 -nonap -sb 0 -noremote -noxrecord -nossl",
    );
  });

  it.each([
    [true, true, ""],
    [true, false, " -SendCutText=0"],
    [false, true, " -AcceptCutText=0"],
    [false, false, " -AcceptCutText=0 -SendCutText=0"],
  ])(
    "of Xkasmvnc, clipboard in %s, out %s",
    (clipboardIn, clipboardOut, more) => {
      const args = kasmvncArguments({
        ...{ width: 1_280, height: 720, frameRate: 60 },
        ...{ socket: "/s", xauthority: "/x" },
        rules: { clipboardIn, clipboardOut },
      });
      expect(words(args)).toBe(
        `-displayfd 3 -geometry 1280x720 -depth 24 -nolisten tcp -auth /x -PublicIP 127.0.0.1 -rfbunixpath /s -rfbunixmode 0600 -SecurityTypes None -DisableBasicAuth -AlwaysShared -FrameRate 60${more}`,
      );
    },
  );

  it.each([
    [undefined, ""],
    [7, ":7 "],
  ])("of Xkasmvnc as the session's X server, display %s", (number, first) => {
    const args = kasmvncArguments({
      ...{ width: 1_280, height: 720, frameRate: 60 },
      ...{ socket: "/s", xauthority: "/x" },
      rules: { clipboardIn: true, clipboardOut: false },
      display: { number, dpi: 120, clipboardMaxBytes: 2_048 },
    });
    expect(words(args)).toBe(
      `${first}-displayfd 3 -geometry 1280x720 -depth 24 -nolisten tcp -auth /x -PublicIP 127.0.0.1 -rfbunixpath /s -rfbunixmode 0600 -SecurityTypes None -DisableBasicAuth -AlwaysShared -FrameRate 60 -SendCutText=0 -dpi 120 -noreset -AcceptSetDesktopSize=0 -AllowOverride= -BlacklistThreshold 1000000 -DLP_ClipAcceptMax 2048 -DLP_ClipSendMax 2048`,
    );
  });

  it.each([
    [undefined, ""],
    [7, ":7 "],
  ])("of Xvfb, display %s", (displayNumber, first) => {
    const screen = { width: 1_280, height: 720, dpi: 120 };
    expect(
      words(xvfbArguments(screen, { displayNumber, xauthority: "/x" })),
    ).toBe(
      `${first}-displayfd 3 -screen 0 1280x720x24 -dpi 120 -nolisten tcp -noreset -auth /x`,
    );
  });

  it("of kasmxproxy", () => {
    expect(words(kasmxproxyArguments(":9", ":10", 30))).toBe(
      "-a :9 -v :10 -f 30 -r",
    );
  });
});

test("kasmvnc.yaml opens nothing beyond loopback, and follows the settings", () => {
  const yaml = kasmvncYaml({
    ...{ width: 1_280, height: 720, frameRate: 30, socket: '/a "b"/s' },
    ...{ clipboardIn: true, clipboardOut: false, allowResize: true },
  });
  expect(yaml).toContain("allow_resize: true");
  expect(yaml).toContain("interface: 127.0.0.1");
  expect(yaml).toContain('rfb_unix_path: "/a \\"b\\"/s"');
  expect(yaml).toContain("max_frame_rate: 30");
  expect(yaml).toMatch(/server_to_client:\n +enabled: false\n +size: 0/);
  expect(yaml).toMatch(/client_to_server:\n +enabled: true\n +size: unlimited/);
});

test("kasmvnc.yaml of the session's X server leaves sizes to the agent, and bounds the clipboard", () => {
  const yaml = kasmvncYaml({
    ...{ width: 1_280, height: 720, frameRate: 30, socket: "/s" },
    ...{ clipboardIn: true, clipboardOut: false, allowResize: false },
    clipboardMaxBytes: 2_048,
  });
  expect(yaml).toContain("allow_resize: false");
  expect(yaml).toMatch(/server_to_client:\n +enabled: false\n +size: 0/);
  expect(yaml).toMatch(/client_to_server:\n +enabled: true\n +size: 2048/);
});
