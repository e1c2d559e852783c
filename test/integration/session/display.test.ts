import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { poll, withDeadline } from "../../../agent/base/deadline.ts";
import {
  assertDisplayAnswers,
  attachDisplay,
  type RunningDisplay,
} from "../../../agent/session/display.ts";
import { OwnDisplay } from "../../../agent/session/own-display.ts";
import { kasmvncXServer } from "../../../agent/session/vnc/kasmvnc-display.ts";
import type { XServer } from "../../../agent/session/x-server.ts";
import { xvfb as xvfbServer } from "../../../agent/session/xvfb.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { silentLog } from "../../fakes/logs.ts";
import { installKasmvncStandIn } from "../../fixtures/kasmvnc-stand-in.ts";
import { startXvfb } from "../../fixtures/x11-xvfb.ts";
import { gone, isAlive } from "../base/process-state.ts";

let folder: string;
let spawner: ChildSpawner;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-display-"));
  spawner = new ChildSpawner();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([...spawner.children].map((child) => child.close()));
  rmSync(folder, { recursive: true, force: true });
});

const context = (signal = new AbortController().signal) => ({
  signal,
  generation: 1,
  log: silentLog,
});
const serverPid = (): number =>
  [...spawner.children][0]?.pid ?? expect.fail("no child");

const screen = { width: 800, height: 600, dpi: 96 };
const servers: readonly [string, () => XServer][] = [
  ["Xvfb", () => xvfbServer(screen)],
  [
    "KasmVNC's stand-in",
    () => {
      vi.stubEnv("PATH", installKasmvncStandIn(join(folder, "bin")));
      return kasmvncXServer({
        ...{ ...screen, frameRate: 30, clipboardMaxBytes: 2_048 },
        rules: { clipboardIn: true, clipboardOut: true },
        directory: join(folder, "display"),
      });
    },
  ],
];

describe.each(servers)("an own display of %s", (_name, serverOf) => {
  let own: OwnDisplay;
  beforeEach(() => {
    own = new OwnDisplay({
      ...{ spawner, server: serverOf() },
      xauthority: join(folder, "Xauthority"),
    });
  });

  test("has the size that was asked for, and a cookie without which nobody comes in", async () => {
    const display = await own.start(context());
    expect(display.connection.screen).toEqual({ width: 800, height: 600 });
    expect(display.responsive).toBe(true);
    expect(statSync(join(folder, "Xauthority")).mode & 0o777).toBe(0o600);
    await using friend = await openX11Connection({
      display: display.display,
      xauthorityPath: join(folder, "Xauthority"),
      timeoutMs: 2_000,
    });
    await friend.ping(1_000);
    await expect(
      openX11Connection({
        display: display.display,
        xauthorityPath: "/dev/null",
        timeoutMs: 2_000,
      }),
    ).rejects.toMatchObject({ code: "display-unreachable" });
    await display.close();
  });

  test("that is killed tells so at once, and comes back under the same number", async () => {
    const first = await own.start(context());
    process.kill(serverPid(), "SIGKILL");
    await expect(
      withDeadline(first.exited, { timeoutMs: 2_000, what: "the news" }),
    ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
    expect(first.responsive).toBe(false);
    const second = await own.start(context());
    expect(second.display).toBe(first.display);
    await second.connection.ping(1_000);
    await second.close();
    await expect(second.exited).resolves.toEqual({ kind: "requested" });
  });

  test("comes back on a disk that has filled up, with the file that it has", async () => {
    const path = join(folder, "Xauthority");
    const first = await own.start(context());
    const before = readFileSync(path);
    // In the way of each new file, as a full disk is.
    const obstacle = `${path}.${process.pid}.new`;
    mkdirSync(join(obstacle, "full"), { recursive: true });
    process.kill(serverPid(), "SIGKILL");
    await first.exited;
    const second = await own.start(context());
    expect(second.display).toBe(first.display);
    await second.connection.ping(1_000);
    expect(readFileSync(path)).toEqual(before);
    await second.close();
    // Without the file there is no way but to write it, as soon as there is room.
    rmSync(path);
    await expect(own.start(context())).rejects.toMatchObject({
      code: "unwritable",
      message: expect.stringContaining("cannot be written: ") as string,
    });
    rmSync(obstacle, { recursive: true });
    const third = await own.start(context());
    await third.connection.ping(1_000);
    await third.close();
  });

  test("closes twice without harm and leaves neither process nor socket", async () => {
    const display = await own.start(context());
    const pid = serverPid();
    await Promise.all([display.close(), display.close()]);
    await display.close();
    expect(isAlive(pid)).toBe(false);
    expect(() =>
      statSync(`/tmp/.X11-unix/X${display.display.slice(1)}`),
    ).toThrow("ENOENT");
  });

  test("that stops answering is unresponsive first, then replaced", async () => {
    const display: RunningDisplay = await own.start(context());
    const pid = serverPid();
    process.kill(pid, "SIGSTOP");
    await poll(() => (display.responsive ? undefined : true), {
      everyMs: 20,
      timeoutMs: 4_000,
      what: "the verdict that it does not answer",
    });
    const exit = await withDeadline(display.exited, {
      timeoutMs: 10_000,
      what: "its end",
    });
    expect(exit).toEqual({ kind: "stalled", what: "it does not answer" });
    await gone(pid);
  });

  test("whose start is called off leaves nothing behind", async () => {
    const abort = new AbortController();
    const starting = own.start(context(abort.signal));
    abort.abort();
    await expect(starting).rejects.toMatchObject({ code: "aborted" });
    expect(spawner.children.size).toBe(0);
  });
});

describe("a display that somebody else runs", () => {
  test("is used, and left running", async () => {
    await using xvfb = await startXvfb({ width: 640, height: 480 });
    await assertDisplayAnswers(xvfb.display);
    const display = await attachDisplay(xvfb.display, context());
    expect(display.connection.screen).toEqual({ width: 640, height: 480 });
    await display.close();
    expect(isAlive(xvfb.pid)).toBe(true);
  });

  test("is told to have ended when it goes", async () => {
    await using xvfb = await startXvfb();
    const display = await attachDisplay(xvfb.display, context());
    await xvfb.kill();
    await expect(
      withDeadline(display.exited, { timeoutMs: 2_000, what: "the news" }),
    ).resolves.toMatchObject({ kind: "stalled" });
  });

  test("and is not there gives one sentence with the mend", async () => {
    await expect(assertDisplayAnswers(":31999")).rejects.toMatchObject({
      code: "display-unreachable",
      message: expect.stringContaining(
        "the X display :31999 does not answer",
      ) as string,
      mend: expect.stringContaining("Start that X server") as string,
    });
  });
});
