import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { poll } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { kasmvnc } from "../../../agent/session/vnc/kasmvnc.ts";
import { startFirstVnc } from "../../../agent/session/vnc/start-vnc.ts";
import { tigervnc } from "../../../agent/session/vnc/tigervnc.ts";
import {
  connectTo,
  type VncBackend,
  type VncStart,
} from "../../../agent/session/vnc/vnc-backend.ts";
import { x11vnc, x11vncArguments } from "../../../agent/session/vnc/x11vnc.ts";
import { recordingLog, silentLog } from "../../fakes/logs.ts";
import { installFakeKasmvnc } from "../../fixtures/fake-kasmvnc-install.ts";
import { report } from "../../fixtures/e2e-report.ts";
import { listeningSockets } from "../../fixtures/listening-sockets.ts";
import { kasm, rfb } from "../../fixtures/rfb-messages.ts";
import { shakeHands } from "../../fixtures/vnc-client.ts";
import { startX11Client } from "../../fixtures/x11-client-process.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";
import { gone } from "../base/process-state.ts";

let folder: string;
let spawner: ChildSpawner;
let xvfb: TestXvfb;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-vnc-"));
  spawner = new ChildSpawner();
  xvfb = await startXvfb({ width: 800, height: 600 });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([...spawner.children].map((child) => child.close()));
  await xvfb.stop();
  rmSync(folder, { recursive: true, force: true });
});

function startOf(signal = new AbortController().signal): VncStart {
  return {
    spawner,
    display: xvfb.display,
    screen: { width: 800, height: 600 },
    env: { ...process.env, DISPLAY: xvfb.display },
    directory: join(folder, "vnc"),
    frameRate: 30,
    context: { signal, generation: 1, log: silentLog },
  };
}

const { signal: noSignal } = new AbortController();

describe.each([tigervnc, x11vnc])("$name", (backend) => {
  test("shows the display at a Unix socket of its user alone, and opens no port", async () => {
    const running = await backend.start(startOf());
    expect(statSync(dirname(running.socket)).mode & 0o777).toBe(0o700);
    const stream = await connectTo(running.socket, noSignal);
    expect(await shakeHands(stream)).toEqual({ width: 800, height: 600 });
    stream.resume();
    stream.write(rfb.setEncodings(0));
    stream.write(rfb.updateRequest(false, 800, 600));
    await poll(() => (stream.bytesRead > 800 * 600 * 2 ? true : undefined), {
      ...{ everyMs: 20, timeoutMs: 5_000, what: "the picture" },
    });
    stream.destroy();
    const pids = [...spawner.children].map(({ pid }) => pid);
    expect(await listeningSockets(pids)).toEqual([]);
    await running.close();
    await running.close();
    expect(spawner.children.size).toBe(0);
  });

  test("takes no input of its own: the agent does that", async () => {
    await using keys = await startX11Client("x11-key-listener", {
      display: xvfb.display,
      args: ["--motion"],
    });
    const running = await backend.start(startOf());
    const stream = await connectTo(running.socket, noSignal);
    await shakeHands(stream);
    stream.resume();
    for (const down of [true, false]) stream.write(rfb.key(0x61, down));
    for (const mask of [0, 1, 0]) stream.write(rfb.pointer(mask, 44, 55));
    // Its answer to a later request says that it has read everything.
    stream.write(rfb.updateRequest(false, 800, 600));
    const before = stream.bytesRead;
    await poll(() => (stream.bytesRead > before ? true : undefined), {
      ...{ everyMs: 20, timeoutMs: 5_000, what: "an update" },
    });
    expect(keys.lines.map(({ type }) => type)).toEqual(["ready"]);
    stream.destroy();
    await running.close();
  });

  test("says that it was killed", async () => {
    const running = await backend.start(startOf());
    const [child] = spawner.children;
    process.kill(child?.pid ?? 0, "SIGKILL");
    expect(await running.exited).toEqual({ kind: "signal", signal: "SIGKILL" });
  });

  test("is found within 3 s when it hangs, and ended", async () => {
    const running = await backend.start(startOf());
    const [child] = spawner.children;
    // Long enough for the watch to have asked a server that answers.
    await delay(2_200);
    const startMs = performance.now();
    process.kill(child?.pid ?? 0, "SIGSTOP");
    expect(await running.exited).toMatchObject({ kind: "stalled" });
    const tookMs = performance.now() - startMs;
    report(`${backend.name}: found hanging`, tookMs);
    // The ladder's polite step comes to nothing: a stopped process does not end at it.
    expect(tookMs).toBeLessThan(3_000 + 500);
  });

  test("does not start without a display, and leaves nothing behind", async () => {
    await xvfb.kill();
    await expect(backend.start(startOf())).rejects.toMatchObject({
      code: "child-exited",
    });
    expect(spawner.children.size).toBe(0);
  });
});

test("x11vnc takes our answer to its challenge: VNC Authentication as others do it", async () => {
  const socket = join(folder, "x11vnc.sock");
  writeFileSync(join(folder, "password"), "sesame12\n", { mode: 0o600 });
  await using child = await spawner.spawn({
    ...{ name: "x11vnc", file: "x11vnc" },
    args: [
      ...x11vncArguments({ display: xvfb.display, socket }).filter(
        (word) => word !== "-nopw",
      ),
      ...["-passwdfile", join(folder, "password")],
    ],
  });
  const stream = await poll(
    () => connectTo(socket, noSignal).catch(() => undefined),
    { everyMs: 50, timeoutMs: 5_000, what: "x11vnc" },
  );
  expect(await shakeHands(stream, { password: "sesame12" })).toEqual({
    ...{ width: 800, height: 600 },
  });
  stream.destroy();
  expect(child.pid).toBeGreaterThan(0);
});

describe("the first that works", () => {
  const absent: VncBackend = { ...x11vnc, find: () => undefined };
  const broken: VncBackend = {
    ...{ ...x11vnc, find: () => "/bin/true" },
    start: () =>
      Promise.reject(new StreamSpaceError("child-exited", "it fell over")),
  };

  test("is taken where those before are not installed or fail", async () => {
    const { log, lines } = recordingLog();
    const start = startOf();
    const running = await startFirstVnc([absent, broken, tigervnc], {
      ...start,
      context: { ...start.context, log },
    });
    expect(running.backend).toBe("tigervnc");
    expect(lines.join("")).toContain("it fell over");
    await running.close();
  });

  test("is none where none works, with the reason of each", async () => {
    await expect(startFirstVnc([absent, broken], startOf())).rejects.toThrow(
      /x11vnc is not installed; x11vnc: it fell over/,
    );
  });
});

describe("KasmVNC, with a stand-in for its server", () => {
  const backend = kasmvnc({ clipboardIn: true, clipboardOut: false });

  test("is not found without both of its programs", () => {
    expect(backend.find()).toBeUndefined();
  });

  test("runs its server at a Unix socket, and the proxy between the displays", async () => {
    const programs = join(folder, "bin");
    installFakeKasmvnc(programs);
    const path = `${programs}${delimiter}${process.env["PATH"] ?? ""}`;
    vi.stubEnv("PATH", path);
    expect(backend.find()).toBe(join(programs, "Xkasmvnc"));
    const start = startOf();
    const running = await backend.start(start);
    const stream = await connectTo(running.socket, noSignal);
    expect(await shakeHands(stream)).toEqual({ width: 800, height: 600 });
    stream.write(kasm.pointer(1, 2, 3));
    const received = join(start.directory, "received");
    await poll(
      () =>
        readFileSync(received, "utf8") === kasm.pointer(1, 2, 3).toString("hex")
          ? true
          : undefined,
      { everyMs: 20, timeoutMs: 5_000, what: "the pointer event" },
    );
    const proxy = join(programs, "proxy");
    await expect
      .poll(() => existsSync(proxy) && readFileSync(proxy, "utf8").trim())
      .toBe(`-a ${xvfb.display} -v :4242 -f 30 -r`);
    const yaml = join(start.directory, ".vnc", "kasmvnc.yaml");
    expect(statSync(yaml).mode & 0o777).toBe(0o600);
    expect(readFileSync(yaml, "utf8")).toContain("max_frame_rate: 30");
    stream.destroy();

    const pids = [...spawner.children].map(({ pid }) => pid);
    expect(pids).toHaveLength(2);
    // Either of them is useless without the other.
    process.kill(pids[1] ?? 0, "SIGKILL");
    expect(await running.exited).toEqual({ kind: "signal", signal: "SIGKILL" });
    await Promise.all(pids.map((pid) => gone(pid)));
  });
});
