/**
 * What the TURN server of the compose file relays to: a real coturn, started by its own script, and a real client.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { poll } from "../../../agent/base/deadline.ts";
import { askStunServer } from "../../../agent/cli/doctor/stun-probe.ts";
import { freePort } from "../../fixtures/free-port.ts";

const compose = join(import.meta.dirname, "../../../deploy/compose");
const credential = "0123456789abcdef";
const publicAddress = "192.0.2.10";

let owned = new AsyncDisposableStack();

afterEach(async () => {
  const ended = owned;
  owned = new AsyncDisposableStack();
  await ended.disposeAsync();
});

/** The script, in a folder of its own, with places that are fixed in its container. */
async function startTurn(peers: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "start-turn-"));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const script = join(folder, "start-turn");
  const text = await readFile(join(compose, "coturn/start-turn"), "utf8");
  await writeFile(
    script,
    text
      .replace(
        "listening-port=3478",
        `listening-port=${port}\nlistening-ip=127.0.0.1\nrelay-ip=127.0.0.1`,
      )
      // Clients that are killed leave their allocations behind.
      .replace("max-port=50149", "max-port=50549")
      .replace("user-quota=16", "user-quota=400")
      .replace("total-quota=100", "total-quota=400")
      .replaceAll("/tmp/", `${folder}/`),
    { mode: 0o755 },
  );
  owned.use(
    await new ChildSpawner().spawn({
      name: "coturn",
      file: script,
      args: [],
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        PUBLIC_ADDRESS: publicAddress,
        TURN_USERNAME: "streamspace",
        TURN_CREDENTIAL: credential,
        PEER_ADDRESSES: peers,
      },
    }),
  );
  await poll(
    async () => {
      const url = { host: "127.0.0.1", port, transport: "udp" } as const;
      const asked = askStunServer(url, AbortSignal.timeout(1_000));
      return await asked.catch(() => undefined);
    },
    { everyMs: 50, timeoutMs: 10_000, what: "an answer of coturn" },
  );
  return port;
}

/** Whether the server lets a client relay to the peer. */
async function relays(port: number, peer: string): Promise<boolean> {
  const client = spawn(
    "turnutils_uclient",
    [
      ...["-v", "-c", "-n", "1", "-u", "streamspace", "-w", credential],
      ...["-e", peer, "-r", "50000", "-p", String(port), "127.0.0.1"],
    ],
    // A relay that answers at all does so at once.
    { stdio: ["ignore", "pipe", "inherit"], timeout: 10_000 },
  );
  const closed = once(client, "close");
  let said = "";
  try {
    for await (const chunk of client.stdout.setEncoding("utf8")) {
      said += String(chunk);
      if (said.includes("channel bind: error 403 (Forbidden IP)")) return false;
      if (/success: 0x[0-9a-f]+\n/.test(said)) return true;
    }
  } finally {
    client.kill("SIGKILL");
    await closed;
  }
  throw new Error(`the client ended without an answer: ${said}`);
}

/** What compose.yaml sets where `.env` says nothing else. */
async function composeAddresses(): Promise<{ peers: string; each: string[] }> {
  const text = await readFile(join(compose, "compose.yaml"), "utf8");
  const plain = text.replace(/\$\{STREAMSPACE_NETWORK:-([\d.]+)\}/g, "$1");
  const each = [...plain.matchAll(/ipv4_address: (\S+)/g)];
  return {
    peers: /PEER_ADDRESSES: (\S+)/.exec(plain)?.[1] ?? "",
    each: each.map(([, address]) => address ?? ""),
  };
}

describe("the TURN server of the compose file", () => {
  it("relays to the session, to itself and to public addresses", async () => {
    const { peers, each } = await composeAddresses();
    expect(each).toHaveLength(2);
    const port = await startTurn(peers);
    for (const peer of [...each, "198.51.100.7", "8.8.8.8"])
      expect(await relays(port, peer), peer).toBe(true);
  });

  it("relays to nothing else in private networks", async () => {
    const { peers, each } = await composeAddresses();
    const port = await startTurn(peers);
    const gateway = each[0]?.replace(/\d+$/, "1") ?? "";
    for (const peer of [
      gateway,
      ...["0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1"],
      ...["127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255"],
      ...["192.0.0.8", "192.168.0.1", "192.168.255.255", "198.18.0.1"],
    ])
      expect(await relays(port, peer), peer).toBe(false);
  });

  it("relays to nothing in private networks where none is named", async () => {
    const port = await startTurn("");
    expect(await relays(port, "10.213.50.2")).toBe(false);
    expect(await relays(port, "198.51.100.7")).toBe(true);
  });

  it("refuses peers that would be other lines of its configuration", async () => {
    const child = spawn(join(compose, "coturn/start-turn"), {
      env: {
        PATH: process.env["PATH"],
        PUBLIC_ADDRESS: publicAddress,
        TURN_USERNAME: "streamspace",
        TURN_CREDENTIAL: credential,
        PEER_ADDRESSES: "10.0.0.1\ncli-password=x",
      },
      stdio: "ignore",
    });
    expect(await once(child, "close")).toEqual([78, null]);
  });
});
