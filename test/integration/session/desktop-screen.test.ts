/**
 * The screen of a real X server takes sizes, and its clients learn what it has become.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runToEnd } from "../../../agent/base/child-process.ts";
import { poll } from "../../../agent/base/deadline.ts";
import {
  DesktopScreen,
  type ScreenPolicy,
} from "../../../agent/session/desktop-screen.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import type { X11Connection } from "../../../agent/x11/requests.ts";
import { encodeXsettings } from "../../../agent/x11/xsettings.ts";
import { silentLog } from "../../fakes/logs.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const policy: ScreenPolicy = {
  follows: true,
  limits: {
    min: { width: 320, height: 240 },
    max: { width: 1_600, height: 1_200 },
  },
  dpi: 96,
  initial: { width: 800, height: 600 },
};

let xvfb: TestXvfb;
let connection: X11Connection;
let screen: DesktopScreen;

beforeEach(async () => {
  xvfb = await startXvfb({ width: 1_600, height: 1_200 });
  connection = await open();
  screen = new DesktopScreen({ policy, log: silentLog });
});
afterEach(async () => {
  screen.detach();
  await connection.close();
  await xvfb.stop();
});

function open(): Promise<X11Connection> {
  return openX11Connection({ display: xvfb.display, timeoutMs: 5_000 });
}

/** What a program of X says of the display. */
async function ask(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await runToEnd({
    file,
    args,
    timeoutMs: 5_000,
    env: { ...process.env, DISPLAY: xvfb.display },
  });
  return stdout;
}

describe("a screen", () => {
  test("begins with the size of the settings, and tells toolkits its resolution", async () => {
    await screen.attach(connection);
    expect(connection.screen).toEqual({ width: 800, height: 600 });
    expect(await ask("xdpyinfo")).toMatch(
      /dimensions:\s+800x600 pixels \(212x159 millimeters\)/,
    );
    expect(await ask("xrdb", "-query")).toBe(
      "Xft.dpi:\t96\nXcursor.size:\t24\n",
    );
    expect((await ask("dump_xsettings")).split("\n")).toEqual(
      expect.arrayContaining([
        `Xft/DPI ${96 * 1_024}`,
        "Gdk/WindowScalingFactor 1",
        `Gdk/UnscaledDPI ${96 * 1_024}`,
        'Xft/RGBA "none"',
        "Net/DoubleClickTime 400",
      ]),
    );
  });

  test("takes 200 sizes, odd ones too, and leaves no modes behind", async () => {
    await screen.attach(connection);
    await using friend = await open();
    for (let count = 0; count < 200; count += 1) {
      const width = 320 + ((count * 617) % 1_281);
      const height = 240 + ((count * 389) % 961);
      await screen.resize({ width, height, scale: 1 });
      expect(connection.screen).toEqual({ width, height });
      await friend.ping(1_000);
      expect(friend.screen).toEqual({ width, height });
    }
    const modes = (await ask("xrandr"))
      .split("\n")
      .filter((line) => /^ +\d+x\d+/.test(line));
    // The one it was started with, and the one that it has.
    expect(modes).toHaveLength(2);
  });

  test("of wishes that come at once takes the last, and tells of each change", async () => {
    await screen.attach(connection);
    const seen: string[] = [];
    screen.onChange(() => {
      const { width, height } = connection.screen;
      const size = `${width}x${height}`;
      if (seen.at(-1) !== size) seen.push(size);
    });
    await Promise.all(
      [900, 1_000, 1_100, 1_200].map((width) =>
        screen.resize({ width, height: 700, scale: 1 }),
      ),
    );
    expect(connection.screen).toEqual({ width: 1_200, height: 700 });
    expect(seen.filter((size) => size !== "800x600")).toEqual([
      "900x700",
      "1200x700",
    ]);
  });

  test("that the server refuses stays as it was, and can be resized afterwards", async () => {
    await screen.attach(connection);
    await expect(
      screen.resize({ width: 1_700, height: 700, scale: 1 }),
    ).rejects.toMatchObject({ code: "display-unreachable" });
    await connection.ping(1_000);
    expect(connection.screen).toEqual({ width: 800, height: 600 });
    expect(await ask("xrandr")).toMatch(/connected 800x600\+0\+0/);
    await screen.resize({ width: 640, height: 480, scale: 1 });
    expect(connection.screen).toEqual({ width: 640, height: 480 });
  });

  test("of a new server has the size that was wished of the one before", async () => {
    await screen.attach(connection);
    await screen.resize({ width: 1_024, height: 768, scale: 2 });
    screen.detach();
    await connection.close();
    await xvfb.stop();
    xvfb = await startXvfb({ width: 1_600, height: 1_200 });
    connection = await open();
    await screen.attach(connection);
    expect(connection.screen).toEqual({ width: 1_024, height: 768 });
    expect(await ask("xrdb", "-query")).toContain("Xft.dpi:\t192\n");
  });

  test("that does not follow is left as it is, resources too", async () => {
    const still = new DesktopScreen({
      policy: { ...policy, follows: false, initial: undefined },
      log: silentLog,
    });
    await still.attach(connection);
    expect(connection.screen).toEqual({ width: 1_600, height: 1_200 });
    expect(await ask("xrdb", "-query")).toBe("");
    still.detach();
  });
});

describe("the resolution", () => {
  test("changes live, with the resources of others kept", async () => {
    connection.settings.writeResources("XTerm*font:\tfixed\n");
    await screen.attach(connection);
    await screen.resize({ width: 800, height: 600, scale: 1.5 });
    expect(await ask("xrdb", "-query")).toBe(
      "XTerm*font:\tfixed\nXft.dpi:\t144\nXcursor.size:\t36\n",
    );
    expect(await ask("dump_xsettings")).toContain(`Xft/DPI ${144 * 1_024}\n`);
  });

  test("is left to another manager of XSETTINGS, who was there or takes over", async () => {
    await using other = await open();
    const manager = await other.settings.claimManager();
    if (manager === undefined) throw new Error("somebody has the settings");
    other.settings.publish(manager, encodeXsettings(1, { "Net/Other": "yes" }));
    await screen.attach(connection);
    await screen.resize({ width: 640, height: 480, scale: 2 });
    expect(await ask("dump_xsettings")).toBe('Net/Other "yes"\n');
    // X resources have no owner.
    expect(await ask("xrdb", "-query")).toContain("Xft.dpi:\t192\n");
  });

  test("is taken up by no one while the agent has it", async () => {
    await screen.attach(connection);
    await using other = await open();
    await poll(
      async () =>
        (await ask("dump_xsettings")).includes("Xft/DPI") ? true : undefined,
      { everyMs: 20, timeoutMs: 2_000, what: "the settings" },
    );
    expect(await other.settings.claimManager()).toBeUndefined();
  });
});
