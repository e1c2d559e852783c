/**
 * Who may come to the bridge of VNC clients, and with which role.
 */
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { poll } from "../../../agent/base/deadline.ts";
import type { VncSession } from "../../../signaling/protocol/vnc.ts";
import { closeCodeOf, openVncSocket } from "../../fixtures/vnc-client.ts";
import { VncSite } from "../../fixtures/vnc-site.ts";
import { vncTokens } from "../../fixtures/vnc-world.ts";

let site: VncSite;

beforeEach(async () => {
  site = await VncSite.open();
});
afterEach(() => site[Symbol.asyncDispose]());

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
    const world = await site.openWorld();
    expect(await statusOf(world.port, "/websockify", headers)).toBe(status);
    expect(await statusOf(world.port, "/vnc/websockify", headers)).toBe(status);
  });

  test("a first message with the right token, with its role", async () => {
    const world = await site.openWorld();
    for (const role of ["controller", "viewer"] as const) {
      const client = await openVncSocket(world.port, vncTokens[role]);
      expect(client.welcome).toEqual({
        ...{ type: "vnc-welcome", role, backend: "tigervnc" },
      });
      client.socket.terminate();
    }
  });

  test("counts as somebody who is here, until the client leaves", async () => {
    const world = await site.openWorld();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    expect(world.visitors).toEqual(["viewer"]);
    client.socket.terminate();
    await poll(() => (world.visitors.length === 0 ? true : undefined), {
      ...{ everyMs: 10, timeoutMs: 2_000, what: "the end of the visit" },
    });
  });

  test("nobody while too many tokens wait, and nobody is told that his own is wrong", async () => {
    const world = await site.openWorld({ isFullOfGuesses: true });
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
    const world = await site.openWorld();
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
    const world = await site.openWorld();
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
    const world = await site.openWorld();
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}/websockify`, [
      "streamspace.vnc.v1",
    ]);
    expect(await closeCodeOf(socket)).toBe(4408);
  });

  test("a ticket of the session route, from a page of the agent alone", async () => {
    const world = await site.openWorld({ backend: "kasmvnc" });
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
    const world = await site.openWorld();
    const url = `http://127.0.0.1:${world.port}/vnc/session`;
    for (const headers of [{}, bearer("wrong")]) {
      const answer = await fetch(url, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("set-cookie")).toBeNull();
    }
  });

  test("as many as there are places", async () => {
    const world = await site.openWorld({ maxClients: 1 });
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
    const world = await site.openWorld({ backend: "kasmvnc" });
    const at = "/vnc/kasm/websockify";
    await expect(
      openVncSocket(world.port, vncTokens.viewer, at),
    ).rejects.toThrow("closed with 4401");
    const client = await openVncSocket(world.port, vncTokens.controller, at);
    expect(client.welcome.backend).toBe("kasmvnc");
    client.socket.terminate();
  });

  test("whoever comes just when a VNC server dies: the next one is waited for", async () => {
    const dying = join(site.folder, "dying.sock");
    let deaths = 0;
    const server = createServer((socket) => {
      if ((deaths += 1) <= 2) socket.destroy();
      else socket.pipe(connect(site.path)).pipe(socket);
    });
    server.listen(dying);
    site.owned.defer(() => void server.close());
    const world = await site.openWorld({ server: () => dying });
    const client = await openVncSocket(world.port, vncTokens.controller);
    expect(client.welcome.type).toBe("vnc-welcome");
    expect({ deaths, leases: world.leases }).toEqual({ deaths: 3, leases: 1 });
    client.socket.terminate();
  });

  test("nobody where each VNC server dies", async () => {
    const dying = join(site.folder, "dying.sock");
    const server = createServer((socket) => {
      socket.destroy();
    });
    server.listen(dying);
    site.owned.defer(() => void server.close());
    const world = await site.openWorld({ server: () => dying });
    await expect(
      openVncSocket(world.port, vncTokens.controller),
    ).rejects.toThrow("closed with 4504");
    expect({ taken: world.places.taken, leases: world.leases }).toEqual({
      ...{ taken: 0, leases: 0 },
    });
  });

  test("nobody where no VNC server works", async () => {
    const world = await site.openWorld({ server: () => undefined });
    await expect(openVncSocket(world.port, vncTokens.viewer)).rejects.toThrow(
      "closed with 4504",
    );
    expect(world.places.taken).toBe(0);
  });
});
