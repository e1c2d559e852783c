import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { poll } from "../../../agent/base/deadline.ts";
import type { VncSession } from "../../../signaling/protocol/vnc.ts";
import { report } from "../../fixtures/e2e-report.ts";
import { RfbFlood } from "../../fixtures/rfb-flood.ts";
import { kasm, rfb } from "../../fixtures/rfb-messages.ts";
import {
  closeCodeOf,
  openVncSocket,
  shakeHands,
} from "../../fixtures/vnc-client.ts";
import { vncTokens, VncWorld } from "../../fixtures/vnc-world.ts";

let folder: string;
let path: string;
/** A server that says nothing behind its handshake. */
let quiet: RfbFlood;
let owned: AsyncDisposableStack;

beforeEach(async () => {
  owned = new AsyncDisposableStack();
  folder = mkdtempSync(join(tmpdir(), "streamspace-vnc-"));
  path = join(folder, "server.sock");
  quiet = owned.use(await RfbFlood.listen(path, { floods: false }));
});

afterEach(async () => {
  await owned.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
});

async function openWorld(
  options: Partial<Parameters<typeof VncWorld.open>[0]> = {},
): Promise<VncWorld> {
  return owned.use(await VncWorld.open({ server: () => path, ...options }));
}

/** Status of the answer to an upgrade that was refused, or 101. */
async function statusOf(
  port: number,
  request: string,
  headers: Readonly<Record<string, string>>,
  protocols: readonly string[] = ["binary"],
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}${request}`,
    [...protocols],
    { headers },
  );
  socket.once("open", () => {
    resolve(101);
  });
  socket.once("unexpected-response", (_request, response) => {
    resolve(response.statusCode ?? 0);
  });
  socket.on("error", reject);
  try {
    return await promise;
  } finally {
    socket.terminate();
  }
}

describe("who may come in", () => {
  const bearer = (token: string): Record<string, string> => ({
    Authorization: `Bearer ${token}`,
  });

  test.each([
    ["without a token", {}, 401],
    ["with a wrong one", bearer("wrong"), 401],
    ["with the right one", bearer(vncTokens.viewer), 101],
    [
      "from a page of somebody else",
      { ...bearer(vncTokens.viewer), Origin: "https://evil.example" },
      403,
    ],
    [
      "from a page that the settings allow",
      { ...bearer(vncTokens.viewer), Origin: "https://portal.example" },
      101,
    ],
  ] as const)("a client of websockify %s", async (_name, headers, status) => {
    const world = await openWorld();
    expect(await statusOf(world.port, "/websockify", headers)).toBe(status);
    expect(await statusOf(world.port, "/vnc/websockify", headers)).toBe(status);
  });

  test("a first message with the right token, with its role", async () => {
    const world = await openWorld();
    for (const role of ["controller", "viewer"] as const) {
      const client = await openVncSocket(world.port, vncTokens[role]);
      expect(client.welcome).toEqual({
        ...{ type: "vnc-welcome", role, backend: "tigervnc" },
      });
      client.socket.terminate();
    }
  });

  test("counts as somebody who is here, until the client leaves", async () => {
    const world = await openWorld();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    expect(world.visitors).toEqual(["viewer"]);
    client.socket.terminate();
    await poll(() => (world.visitors.length === 0 ? true : undefined), {
      ...{ everyMs: 10, timeoutMs: 2_000, what: "the end of the visit" },
    });
  });

  test("nobody while too many tokens wait, and nobody is told that his own is wrong", async () => {
    const world = await openWorld({ isFullOfGuesses: true });
    const headers = bearer(vncTokens.viewer);
    expect(await statusOf(world.port, "/websockify", headers)).toBe(429);
    await expect(openVncSocket(world.port, vncTokens.viewer)).rejects.toThrow(
      "closed with 4429",
    );
    const answer = await fetch(`http://127.0.0.1:${world.port}/vnc/session`, {
      headers,
    });
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([
      ...[429, "1"],
    ]);
    expect(world.logged.filter((line) => line.includes("error"))).toEqual([]);
  });

  test("who shares an address with one who guesses, a second later", async () => {
    const world = await openWorld();
    const guesses = Array.from({ length: 14 }, () =>
      statusOf(world.port, "/websockify", bearer("wrong")),
    );
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([401]));
    const headers = bearer(vncTokens.viewer);
    expect(await statusOf(world.port, "/websockify", headers)).toBe(101);
    const client = await openVncSocket(world.port, vncTokens.controller);
    expect(client.welcome).toMatchObject({ role: "controller" });
    client.socket.terminate();
    const answer = await fetch(`http://127.0.0.1:${world.port}/vnc/session`, {
      headers,
    });
    expect(answer.status).toBe(200);
  });

  test.each([
    ["a wrong token", JSON.stringify({ type: "vnc-hello", token: "x" }), 4401],
    ["no JSON", "{", 4400],
    ["another message", JSON.stringify({ type: "hello" }), 4400],
    ["bytes", Buffer.from("RFB 003.008\n"), 4400],
    ["a message that is too long", "x".repeat(5_000), 4400],
  ] as const)("a first message with %s is refused", async (_n, first, code) => {
    const world = await openWorld();
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}/websockify`, [
      "streamspace.vnc.v1",
    ]);
    socket.once("open", () => {
      socket.send(first);
    });
    expect(await closeCodeOf(socket)).toBe(code);
    expect(world.logged.join("")).not.toContain("x".repeat(100));
    expect(world.leases).toBe(0);
  });

  test("nobody who says nothing", async () => {
    const world = await openWorld();
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}/websockify`, [
      "streamspace.vnc.v1",
    ]);
    expect(await closeCodeOf(socket)).toBe(4408);
  });

  test("a ticket of the session route, from a page of the agent alone", async () => {
    const world = await openWorld({ backend: "kasmvnc" });
    const own = `http://127.0.0.1:${world.port}`;
    const answer = await fetch(`${own}/vnc/session`, {
      headers: bearer(vncTokens.viewer),
    });
    expect((await answer.json()) as VncSession).toEqual({
      ...{ client: "kasmvnc", backend: "kasmvnc", role: "viewer" },
    });
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^streamspace_vnc_\w+=\S{43}; HttpOnly; SameSite=Strict$/,
    );
    const headers = { Cookie: cookie.split(";")[0] ?? "", Origin: own };
    const at = "/vnc/kasm/websockify";
    expect(await statusOf(world.port, at, headers)).toBe(101);
    const allowed = { ...headers, Origin: "https://portal.example" };
    expect(await statusOf(world.port, at, allowed)).toBe(401);
    const wrong = { ...headers, Cookie: `${world.tickets.cookie}=wrong` };
    expect(await statusOf(world.port, at, wrong)).toBe(401);
  });

  test("the session route tells nothing without the token", async () => {
    const world = await openWorld();
    const url = `http://127.0.0.1:${world.port}/vnc/session`;
    for (const headers of [{}, bearer("wrong")]) {
      const answer = await fetch(url, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("set-cookie")).toBeNull();
    }
  });

  test("as many as there are places", async () => {
    const world = await openWorld({ maxClients: 1 });
    const first = await openVncSocket(world.port, vncTokens.viewer);
    await expect(openVncSocket(world.port, vncTokens.viewer)).rejects.toThrow(
      "closed with 4503",
    );
    first.socket.close();
    await poll(() => (world.places.taken === 0 ? true : undefined), {
      ...{ everyMs: 10, timeoutMs: 2_000, what: "a free place" },
    });
    (await openVncSocket(world.port, vncTokens.viewer)).socket.terminate();
  });

  test("a viewer not to KasmVNC, whose server tells everybody what was copied", async () => {
    const world = await openWorld({ backend: "kasmvnc" });
    const at = "/vnc/kasm/websockify";
    await expect(
      openVncSocket(world.port, vncTokens.viewer, at),
    ).rejects.toThrow("closed with 4401");
    const client = await openVncSocket(world.port, vncTokens.controller, at);
    expect(client.welcome.backend).toBe("kasmvnc");
    client.socket.terminate();
  });

  test("whoever comes just when a VNC server dies: the next one is waited for", async () => {
    const dying = join(folder, "dying.sock");
    let deaths = 0;
    const server = createServer((socket) => {
      if ((deaths += 1) <= 2) socket.destroy();
      else socket.pipe(connect(path)).pipe(socket);
    });
    server.listen(dying);
    owned.defer(() => void server.close());
    const world = await openWorld({ server: () => dying });
    const client = await openVncSocket(world.port, vncTokens.controller);
    expect(client.welcome.type).toBe("vnc-welcome");
    expect({ deaths, leases: world.leases }).toEqual({ deaths: 3, leases: 1 });
    client.socket.terminate();
  });

  test("nobody where each VNC server dies", async () => {
    const dying = join(folder, "dying.sock");
    const server = createServer((socket) => {
      socket.destroy();
    });
    server.listen(dying);
    owned.defer(() => void server.close());
    const world = await openWorld({ server: () => dying });
    await expect(
      openVncSocket(world.port, vncTokens.controller),
    ).rejects.toThrow("closed with 4504");
    expect({ taken: world.places.taken, leases: world.leases }).toEqual({
      ...{ taken: 0, leases: 0 },
    });
  });

  test("nobody where no VNC server works", async () => {
    const world = await openWorld({ server: () => undefined });
    await expect(openVncSocket(world.port, vncTokens.viewer)).rejects.toThrow(
      "closed with 4504",
    );
    expect(world.places.taken).toBe(0);
  });
});

describe("what clients may do", () => {
  const acts = [
    rfb.key(0x61, true),
    rfb.pointer(1, 5, 6),
    rfb.cutText("secret"),
    rfb.setDesktopSize(640, 480),
  ];

  test("a controller types, points, copies and resizes, and lets go when it leaves", async () => {
    const world = await openWorld();
    const client = await openVncSocket(world.port, vncTokens.controller);
    client.stream.write(Buffer.concat(acts));
    await poll(() => (world.asked.length === 2 ? true : undefined), {
      ...{ everyMs: 10, timeoutMs: 2_000, what: "what was asked" },
    });
    expect(world.asked).toEqual(["cut secret", "resize 640x480"]);
    expect(world.seat.calls).toEqual([
      "key 97 rfb-keysym-97 down",
      ...["motion 5,6", "button 1 down 5,6"],
    ]);
    client.socket.close();
    await poll(() => (world.leases === 0 ? true : undefined), {
      ...{ everyMs: 10, timeoutMs: 2_000, what: "the end of the lease" },
    });
    expect(world.seat.calls.at(-1)).toBe("close");
    expect(world.logged.join("")).not.toContain("secret");
  });

  test("a viewer does none of it, and stays", async () => {
    const world = await openWorld();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    client.stream.write(Buffer.concat(acts));
    client.socket.ping();
    await new Promise((resolve) => client.socket.once("pong", resolve));
    await delay(100);
    expect(world.asked).toEqual([]);
    expect(world.seat.calls).toEqual([]);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    client.socket.terminate();
  });

  test("a message that RFB does not have ends the connection with a code of its own", async () => {
    const world = await openWorld();
    const client = await openVncSocket(world.port, vncTokens.controller);
    const closed = closeCodeOf(client.socket);
    client.stream.resume().write(kasm.keepAlive());
    expect(await closed).toBe(4400);
  });
});

describe("ends", () => {
  test("with the VNC server: the client may come back", async () => {
    const world = await openWorld();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    const closed = closeCodeOf(client.socket);
    client.stream.resume();
    await quiet[Symbol.asyncDispose]();
    // Not the code of a session that ends.
    expect(await closed).toBe(1012);
    await poll(() => (world.places.taken === 0 ? true : undefined), {
      ...{ everyMs: 10, timeoutMs: 2_000, what: "a free place" },
    });
  });

  test("with the agent, within its grace", async () => {
    const world = await openWorld();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    const closed = closeCodeOf(client.socket);
    client.stream.resume();
    await world[Symbol.asyncDispose]();
    expect(await closed).toBe(1001);
    expect(world.leases).toBe(0);
  });

  test("where a client answers no pings", async () => {
    const world = await openWorld({ pingMs: 200 });
    const client = await openVncSocket(world.port, vncTokens.viewer);
    client.socket.pause();
    await poll(() => (world.places.taken === 0 ? true : undefined), {
      ...{ everyMs: 20, timeoutMs: 3_000, what: "the end of the client" },
    });
  });
});

describe("a client that stalls", () => {
  /** Of the agent's memory; the kernel's buffers are bounded by its own settings. */
  const mostBytes = 8 * 1_048_576;

  test("stops the VNC server, and costs no more than 8 MiB", async () => {
    const flooded = join(folder, "flood.sock");
    const flood = owned.use(await RfbFlood.listen(flooded, { floods: true }));
    const world = await openWorld({ server: () => flooded });
    const { arrayBuffers } = process.memoryUsage();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    client.socket.pause();
    await delay(2_000);
    const stalledBytes = flood.sentBytes;
    await delay(1_000);
    expect(flood.sentBytes).toBe(stalledBytes);
    const grownBytes = process.memoryUsage().arrayBuffers - arrayBuffers;
    report("taken for a stalled client", stalledBytes / 1_024, "KiB");
    report("memory grown by it", grownBytes / 1_024, "KiB");
    expect(grownBytes).toBeLessThan(mostBytes);

    // And goes on where it was.
    client.socket.resume();
    client.stream.resume();
    await poll(() => (flood.sentBytes > 2 * mostBytes ? true : undefined), {
      everyMs: 20,
      timeoutMs: 10_000,
      what: "16 MiB more",
    });
    client.socket.terminate();
  });

  test("of the server is not read on: a client that floods waits", async () => {
    const world = await openWorld();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    const requests = Buffer.concat(
      Array.from({ length: 6_000 }, () => rfb.updateRequest(true, 800, 600)),
    );
    let sentBytes = 0;
    /** Bytes that have left the client's memory. */
    const pour = (): number => {
      while (client.socket.bufferedAmount < 1_048_576) {
        client.socket.send(requests);
        sentBytes += requests.length;
      }
      return sentBytes - client.socket.bufferedAmount;
    };
    const { arrayBuffers } = process.memoryUsage();
    for (let round = 0; round < 20; round += 1) {
      pour();
      await delay(50);
    }
    const takenBytes = pour();
    await delay(500);
    expect(pour()).toBe(takenBytes);
    report("taken of a flooding client", takenBytes / 1_024, "KiB");
    const grownBytes = process.memoryUsage().arrayBuffers - arrayBuffers;
    // Among them the client's own, which waits in the same process.
    expect(grownBytes).toBeLessThan(mostBytes);
    client.socket.terminate();
  });
});

describe("the port for VNC programs", () => {
  test.each(["003", "007", "008"] as const)(
    "lets in RFB 3.%s with the password",
    async (version) => {
      const world = await openWorld({ password: "sesame12" });
      const stream = connect(world.vncPort, "127.0.0.1");
      expect(
        await shakeHands(stream, { password: "sesame12", version }),
      ).toEqual({ width: 0, height: 0 });
      stream.write(rfb.key(0x61, true));
      await poll(() => world.seat.calls[0], {
        ...{ everyMs: 10, timeoutMs: 2_000, what: "the key" },
      });
      stream.destroy();
      await poll(() => (world.leases === 0 ? true : undefined), {
        ...{ everyMs: 10, timeoutMs: 2_000, what: "the end of the lease" },
      });
    },
  );

  test("refuses a wrong one before any VNC server is asked, and an address that guesses", async () => {
    const world = await openWorld({ password: "sesame12", maxClients: 64 });
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const stream = connect(world.vncPort, "127.0.0.1");
      await expect(
        shakeHands(stream, { password: "sesame13" }),
      ).rejects.toThrow("refused the client");
      stream.destroy();
    }
    expect(world.leases).toBe(0);
    const stream = connect(world.vncPort, "127.0.0.1");
    stream.on("error", () => undefined);
    await expect(shakeHands(stream, { password: "sesame12" })).rejects.toThrow(
      /connection ended/,
    );
    expect(world.logged.join("")).not.toContain("sesame");
  });
});
