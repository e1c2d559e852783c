/**
 * KasmVNC in a real agent, with a stand-in for its server: what its web client does is done here by hand.
 */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, type AgentProcess } from "../../fixtures/agent-process.ts";
import { installFakeKasmvnc } from "../../fixtures/fake-kasmvnc-install.ts";
import { kasm, rfb } from "../../fixtures/rfb-messages.ts";
import {
  openKasmSocket,
  openVncSocket,
  shakeHands,
} from "../../fixtures/vnc-client.ts";

const startTimeoutMs = 60_000;

let folder: string;
let agent: AgentProcess;
let own: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-kasmvnc-"));
  installFakeKasmvnc(join(folder, "bin"));
  mkdirSync(join(folder, "www"));
  writeFileSync(join(folder, "www", "index.html"), "<title>Kasm</title>");
  agent = await startAgent({
    args: [
      ...["--kasmvnc-client", join(folder, "www"), "--novnc-port", "off"],
      ...["--kasmvnc-port", "off", "--linuxserver-port", "off"],
    ],
    command: ["sleep", "1000"],
    env: {
      PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
    },
  });
  own = `http://127.0.0.1:${agent.port}`;
}, startTimeoutMs);

afterAll(async () => {
  await agent.close();
  rmSync(folder, { recursive: true, force: true });
});

test("its own client is served, with a policy that lets it work", async () => {
  const page = await fetch(`${own}/vnc/kasm/`);
  expect(await page.text()).toContain("Kasm");
  expect(page.headers.get("content-security-policy")).toContain("wasm");
  const outside = await fetch(`${own}/vnc/kasm/..%2f..%2fetc/passwd`);
  expect(outside.status).toBe(404);
});

test("is preferred where it is installed, and driven with the ticket of the session route", async () => {
  const { socket, stream } = await openKasmSocket(agent.port, agent.token);
  expect(await shakeHands(stream)).toEqual({ width: 1_280, height: 720 });
  const dropped = kasm.upgradeToUdp(Buffer.from("x"));
  const key = rfb.key(0x61, true);
  stream.write(Buffer.concat([kasm.pointer(1, 2, 3), dropped, key]));
  const received = join(agent.runtimeDir, "session", "kasmvnc", "received");
  const sent = Buffer.concat([kasm.pointer(1, 2, 3), key]).toString("hex");
  await expect.poll(() => readFileSync(received, "utf8")).toBe(sent);
  expect((await agent.health()).vnc).toMatchObject({
    clients: 1,
    servers: [
      { service: "vnc", state: "standby" },
      { service: "kasmvnc", state: "running", backend: "kasmvnc" },
    ],
  });
  // What it held is released.
  socket.close();
  const released = [rfb.key(0x61, false), kasm.pointer(0, 2, 3)];
  await expect
    .poll(() => readFileSync(received, "utf8"))
    .toBe(sent + Buffer.concat(released).toString("hex"));
});

test("plain clients have a server of their own beside it", async () => {
  const client = await openVncSocket(agent.port, agent.token);
  expect(client.welcome.backend).toBe("tigervnc");
  expect(client.screen).toEqual({ width: 1_280, height: 720 });
  client.socket.terminate();
});
