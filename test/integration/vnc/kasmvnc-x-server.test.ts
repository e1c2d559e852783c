/**
 * A real agent whose X server is KasmVNC, with TigerVNC's in its place: what viewers by VNC see and may do, and what
 * becomes of it all when the server dies. KasmVNC's dialect is said as far as both servers understand it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runToEnd } from "../../../agent/base/child-process.ts";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../../fixtures/agent-process.ts";
import { report } from "../../fixtures/e2e-report.ts";
import { componentOf, processOf } from "../../fixtures/e2e-session.ts";
import { installKasmvncStandIn } from "../../fixtures/kasmvnc-stand-in.ts";
import { listeningSockets } from "../../fixtures/listening-sockets.ts";
import { kasm, rfb } from "../../fixtures/rfb-messages.ts";
import { readPicture } from "../../fixtures/rfb-picture.ts";
import {
  closeCodeOf,
  openKasmSocket,
  openVncSocket,
  shakeHands,
} from "../../fixtures/vnc-client.ts";
import {
  startX11Client,
  type X11ClientProcess,
} from "../../fixtures/x11-client-process.ts";
import { cellCentre, patternColour } from "../../fixtures/x11-pattern.ts";

const startTimeoutMs = 60_000;
const standIn = "KasmVNC's stand-in";
const viewerToken = "token-of-a-viewer";
const size = { width: 1_280, height: 720 };
/** An encoding: the client takes other sizes of the screen. */
const extendedDesktopSize = -308;

let folder: string;
let path: string;
let agent: AgentProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-kasm-x-"));
  path = installKasmvncStandIn(join(folder, "bin"));
  agent = await startAgent({
    args: [
      ...["--x-server", "kasmvnc", "--resize", "follow"],
      // Nothing is copied out, so that viewers may have KasmVNC's dialect, too.
      ...["--clipboard", "in", "--viewer-token", viewerToken],
      ...["--window-manager", "none", "--novnc-port", "off"],
      ...["--kasmvnc-port", "off", "--linuxserver-port", "off"],
    ],
    command: ["sleep", "1000"],
    env: { PATH: path },
  });
}, startTimeoutMs);

afterAll(async () => {
  await agent.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listenForKeys(): Promise<X11ClientProcess> {
  return await startX11Client("x11-key-listener", {
    ...displayOf(agent),
    args: ["--motion"],
  });
}

test("is named by the health, is the only X server, and listens at no port", async () => {
  const health = await agent.health();
  expect(health.display).toEqual({ ...size, server: "kasmvnc" });
  expect(health.video[0]?.why).toContain("damage");
  const commands = agent.processes().map(({ command }) => command);
  expect(commands.filter((line) => /Xvfb|kasmxproxy/.test(line))).toEqual([]);
  expect(await listeningSockets([processOf(agent, standIn)])).toEqual([]);
});

test("is talked to by KasmVNC's own client, which sees the screen and types into it", async () => {
  const { socket, stream } = await openKasmSocket(agent.port, agent.token);
  expect(await shakeHands(stream)).toEqual(size);
  {
    await using pattern = await startX11Client("x11-pattern", displayOf(agent));
    expect(pattern.pid).toBeGreaterThan(0);
    const pixel = await readPicture(stream, size);
    for (const [column, row] of [
      [0, 0],
      [7, 4],
      [15, 8],
    ] as const) {
      const { x, y } = cellCentre(column, row, size);
      expect(pixel(Math.floor(x), Math.floor(y))).toBe(
        patternColour(column, row),
      );
    }
  }
  await using keys = await listenForKeys();
  stream.write(rfb.key(0x68, true));
  stream.write(rfb.key(0x68, false));
  stream.write(rfb.key(0x69, true));
  await expect.poll(() => keys.text()).toBe("hi");
  expect((await agent.health()).vnc).toMatchObject({
    clients: 1,
    servers: [
      { service: "vnc", state: "standby" },
      { service: "kasmvnc", state: "running", backend: "kasmvnc" },
    ],
  });
  // What it held is released.
  socket.close();
  await keys.waitFor("the release", (lines) =>
    lines.find(
      (line) => line.type === "key" && !line.pressed && line.keysym === 0x69,
    ),
  );
});

test("lets the agent decide about its size, also where its own client asks", async () => {
  const { socket, stream } = await openKasmSocket(agent.port, agent.token);
  await shakeHands(stream);
  // Clients that do not say that they can follow are let go at the first change.
  stream.write(rfb.setEncodings(0, extendedDesktopSize));
  const sizeNow = async (): Promise<unknown> => (await agent.health()).display;
  stream.write(rfb.setDesktopSize(1_001, 701));
  await expect
    .poll(sizeNow)
    .toEqual({ width: 1_000, height: 700, server: "kasmvnc" });
  // The agent's bounds: KasmVNC's own are 32,768.
  stream.write(rfb.setDesktopSize(10_000, 10_000));
  await expect
    .poll(sizeNow)
    .toEqual({ width: 3_840, height: 2_160, server: "kasmvnc" });
  const other = await openKasmSocket(agent.port, agent.token);
  expect(await shakeHands(other.stream)).toEqual({
    ...{ width: 3_840, height: 2_160 },
  });
  other.socket.terminate();
  stream.write(rfb.setDesktopSize(size.width, size.height));
  await expect.poll(sizeNow).toEqual({ ...size, server: "kasmvnc" });
  socket.terminate();
});

test("does not hear a viewer who may only look, by either dialect", async () => {
  await using keys = await listenForKeys();
  const kasmViewer = await openKasmSocket(agent.port, viewerToken);
  await shakeHands(kasmViewer.stream);
  const plain = await openVncSocket(agent.port, viewerToken);
  expect(plain.welcome).toMatchObject({ role: "viewer", backend: "tigervnc" });
  kasmViewer.stream.write(kasm.pointer(1, 11, 12));
  plain.stream.write(rfb.pointer(1, 11, 12));
  for (const { stream } of [kasmViewer, plain]) {
    stream.write(rfb.key(0x61, true));
    stream.write(rfb.key(0x61, false));
    stream.write(rfb.setDesktopSize(640, 480));
    // The picture comes behind everything else that was said.
    await readPicture(stream, size);
  }
  const controller = await openKasmSocket(agent.port, agent.token);
  await shakeHands(controller.stream);
  controller.stream.write(rfb.key(0x62, true));
  await expect.poll(() => keys.text()).not.toBe("");
  expect(keys.text()).toBe("b");
  expect(keys.lines.filter(({ type }) => type !== "key")).toHaveLength(1);
  expect((await agent.health()).display).toMatchObject(size);
  for (const { socket } of [kasmViewer, plain, controller]) socket.terminate();
});

test("is started again when it is killed, at the same display, and clients can come back", async () => {
  const { display } = agent.facts();
  const killed = processOf(agent, standIn);
  const before = await openKasmSocket(agent.port, agent.token);
  await shakeHands(before.stream);
  const closed = closeCodeOf(before.socket);
  const startMs = performance.now();
  process.kill(killed, "SIGKILL");
  await closed;
  await agent.waitForHealth(
    "the end of the display",
    (health) => (componentOf(health, "display")?.restarts ?? 0) === 1,
  );
  await agent.waitForHealth("a healthy session", ({ status, display: now }) => {
    return status === "ready" && now?.server === "kasmvnc";
  });
  report("KasmVNC's stand-in killed → ready", performance.now() - startMs);
  expect(processOf(agent, standIn)).not.toBe(killed);
  expect(agent.facts().display).toBe(display);
  const after = await openKasmSocket(agent.port, agent.token);
  expect(await shakeHands(after.stream)).toEqual(size);
  await using keys = await listenForKeys();
  after.stream.write(rfb.key(0x61, true));
  await expect.poll(() => keys.text()).toBe("a");
  after.socket.terminate();
  expect(await listeningSockets([processOf(agent, standIn)])).toEqual([]);
});

/** Runs a command to its end, with KasmVNC chosen. */
function streamspace(
  command: "run" | "doctor",
  searched: string,
): ReturnType<typeof runToEnd> {
  const main = new URL("../../../agent/cli/main.ts", import.meta.url);
  return runToEnd({
    file: process.execPath,
    args: [
      ...[fileURLToPath(main), command, "--port", "0"],
      ...["--runtime-dir", join(folder, "run"), "--x-server", "kasmvnc"],
    ],
    env: { PATH: searched, HOME: folder, TMPDIR: folder },
    timeoutMs: 25_000,
  });
}

test("that is not there is one sentence and exit code 69, and no Xvfb in its place", async () => {
  const other = join(folder, "other");
  const version = "Xvnc TigerVNC 1.12.0";
  const otherPath = installKasmvncStandIn(other, { name: "Xvnc", version });
  const ended = await streamspace("run", otherPath);
  expect(ended.stderrLines).toEqual([
    `streamspace-agent: KasmVNC is not installed: ${join(other, "Xvnc")} is another VNC server`,
    "Install the package of KasmVNC's release, or leave out --x-server: the session then has Xvfb.",
  ]);
  expect(ended.exitCode).toBe(69);
});

test("is named by doctor", async () => {
  const { stdout } = await streamspace("doctor", path);
  expect(stdout).toContain(
    `an own display of 1920×1080 starts with KasmVNC (${join(folder, "bin", "Xkasmvnc")})`,
  );
});
