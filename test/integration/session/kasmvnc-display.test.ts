/**
 * KasmVNC as an X server, with TigerVNC's real one in its place: what it has beside that of any other.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChildSpawner, runToEnd } from "../../../agent/base/child-process.ts";
import { DesktopScreen } from "../../../agent/session/desktop-screen.ts";
import type { RunningDisplay } from "../../../agent/session/display.ts";
import { OwnDisplay } from "../../../agent/session/own-display.ts";
import {
  kasmvncOfDisplay,
  kasmvncXServer,
} from "../../../agent/session/vnc/kasmvnc-display.ts";
import { requireKasmvnc } from "../../../agent/session/vnc/kasmvnc-server.ts";
import {
  connectTo,
  type RunningVnc,
} from "../../../agent/session/vnc/vnc-backend.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { openX11Clipboard } from "../../../agent/x11/x11-clipboard.ts";
import { silentLog } from "../../fakes/logs.ts";
import { installKasmvncStandIn } from "../../fixtures/kasmvnc-stand-in.ts";
import { listeningSockets } from "../../fixtures/listening-sockets.ts";
import { shakeHands } from "../../fixtures/vnc-client.ts";
import { xclipCopy, xclipPaste } from "../../fixtures/xclip.ts";

const dpi = 96;
const first = { width: 800, height: 600 };

let folder: string;
let spawner: ChildSpawner;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-kasm-display-"));
  spawner = new ChildSpawner();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([...spawner.children].map((child) => child.close()));
  rmSync(folder, { recursive: true, force: true });
});

const context = () => ({
  signal: new AbortController().signal,
  ...{ generation: 1, log: silentLog },
});

const xauthority = (): string => join(folder, "Xauthority");

async function startDisplay(): Promise<RunningDisplay> {
  vi.stubEnv("PATH", installKasmvncStandIn(join(folder, "bin")));
  const server = kasmvncXServer({
    ...{ ...first, dpi, frameRate: 30, clipboardMaxBytes: 2_048 },
    rules: { clipboardIn: true, clipboardOut: false },
    directory: join(folder, "display"),
  });
  const own = new OwnDisplay({ spawner, server, xauthority: xauthority() });
  return await own.start(context());
}

async function reach(
  display: Pick<RunningDisplay, "display" | "rfbSocket">,
): Promise<RunningVnc> {
  return await kasmvncOfDisplay.start({
    ...{ spawner, context: context(), env: process.env, frameRate: 30 },
    ...{ ...display, screen: first, directory: join(folder, "unused") },
  });
}

async function screenByRfb(socket: string): Promise<unknown> {
  const stream = await connectTo(socket, context().signal);
  const size = await shakeHands(stream);
  stream.destroy();
  return size;
}

describe("the display", () => {
  test("serves RFB at a Unix socket of its user alone, and opens no port", async () => {
    const display = await startDisplay();
    expect(display.server).toBe("kasmvnc");
    const socket = display.rfbSocket ?? "";
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    expect(await screenByRfb(socket)).toEqual(first);
    const pids = [...spawner.children].map(({ pid }) => pid);
    expect(pids).toHaveLength(1);
    expect(await listeningSockets(pids)).toEqual([]);
    const yaml = join(folder, "display", ".vnc", "kasmvnc.yaml");
    expect(statSync(yaml).mode & 0o777).toBe(0o600);
    expect(readFileSync(yaml, "utf8")).toContain("allow_resize: false");
    await display.close();
  });

  test("takes 50 sizes, larger than its first one too, tells RFB of them, and leaves no modes behind", async () => {
    const display = await startDisplay();
    const { connection } = display;
    const screen = new DesktopScreen({
      policy: {
        follows: true,
        limits: {
          min: { width: 320, height: 240 },
          max: { width: 3_840, height: 2_160 },
        },
        ...{ dpi, initial: first },
      },
      log: silentLog,
    });
    await screen.attach(connection);
    const before = await modes(display);
    for (let count = 0; count < 50; count += 1) {
      const width = 320 + ((count * 617) % 3_521);
      const height = 240 + ((count * 389) % 1_921);
      await screen.resize({ width, height, scale: 1 });
      expect(connection.screen).toEqual({ width, height });
    }
    expect(await screenByRfb(display.rfbSocket ?? "")).toEqual(
      connection.screen,
    );
    expect((await modes(display)).length).toBeLessThanOrEqual(
      before.length + 1,
    );
    screen.detach();
    await display.close();
  });

  test("tells of what programs copy, and gives them what is copied outside", async () => {
    const display = await startDisplay();
    const place = { display: display.display, xauthorityPath: xauthority() };
    await using connection = await openX11Connection({
      ...{ ...place, timeoutMs: 5_000 },
    });
    const clipboard = await openX11Clipboard(connection, {
      selections: ["clipboard"],
    });
    let changes = 0;
    clipboard.onChange(() => {
      changes += 1;
    });
    const text = Buffer.from("Grüße, 世界 🎉");
    await using owners = new AsyncDisposableStack();
    owners.use(await xclipCopy(place, "UTF8_STRING", text));
    await expect.poll(() => changes).toBeGreaterThan(0);
    expect(
      await clipboard.inspect("clipboard", { eagerBytes: 1_000 }),
    ).toMatchObject([{ format: "text", content: text }]);
    const outside = Buffer.from("from outside: ß");
    await clipboard.write(new Map([["text", outside]]));
    expect(await xclipPaste(place, "UTF8_STRING")).toEqual(outside);
    clipboard.close();
    await display.close();
  });
});

async function modes({ display }: RunningDisplay): Promise<string[]> {
  const { stdout } = await runToEnd({
    ...{ file: "xrandr", args: [], timeoutMs: 5_000 },
    env: { ...process.env, DISPLAY: display, XAUTHORITY: xauthority() },
  });
  return stdout.split("\n").filter((line) => /^ +\d+x\d+/.test(line));
}

describe("its VNC server", () => {
  test("is reached by a handshake, and its end leaves the display as it is", async () => {
    const display = await startDisplay();
    const vnc = await reach(display);
    expect(vnc).toMatchObject({
      ...{ backend: "kasmvnc", socket: display.rfbSocket },
    });
    await Promise.all([vnc.close(), vnc.close()]);
    await expect(vnc.exited).resolves.toEqual({ kind: "requested" });
    await display.connection.ping(1_000);
    expect(await screenByRfb(vnc.socket)).toEqual(first);
    await display.close();
  });

  test("cannot be reached once the display is gone, or where it is none", async () => {
    const display = await startDisplay();
    await display.close();
    await expect(reach(display)).rejects.toMatchObject({
      code: "vnc-unavailable",
    });
    const other = { display: display.display, rfbSocket: undefined };
    await expect(reach(other)).rejects.toThrow(/is not KasmVNC/);
  });
});

describe("the program", () => {
  const bin = (): string => join(folder, "bin");

  test("is an Xvnc that says it is KasmVNC, where there is no Xkasmvnc", async () => {
    vi.stubEnv("PATH", installKasmvncStandIn(bin(), { name: "Xvnc" }));
    expect(await requireKasmvnc()).toBe(join(bin(), "Xvnc"));
    installKasmvncStandIn(bin());
    expect(await requireKasmvnc()).toBe(join(bin(), "Xkasmvnc"));
  });

  test("is not another's Xvnc", async () => {
    const version = "Xvnc TigerVNC 1.12.0 - built 2023-01-06 16:01";
    vi.stubEnv("PATH", installKasmvncStandIn(bin(), { name: "Xvnc", version }));
    await expect(requireKasmvnc()).rejects.toMatchObject({
      code: "missing-program",
      message: `KasmVNC is not installed: ${join(bin(), "Xvnc")} is another VNC server`,
    });
  });

  test("is missed with what could be done about it", async () => {
    vi.stubEnv("PATH", bin());
    await expect(requireKasmvnc()).rejects.toMatchObject({
      code: "missing-program",
      message:
        "KasmVNC is not installed: there is no Xkasmvnc and no Xvnc on the PATH",
      mend: expect.stringContaining("leave out --x-server") as string,
    });
  });

  test("is not asked any further when the start is called off", async () => {
    vi.stubEnv("PATH", installKasmvncStandIn(bin(), { name: "Xvnc" }));
    const abort = new AbortController();
    const asked = requireKasmvnc(abort.signal);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: "aborted" });
  });
});
