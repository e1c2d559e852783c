/**
 * The listener: which requests it answers, what it cuts off, how it closes.
 */
import { once } from "node:events";
import { createServer, connect } from "node:net";
import type { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import {
  HttpServer,
  type RequestHandler,
} from "../../../agent/http/http-server.ts";
import { serve } from "../../fakes/http.ts";
import { silentLog } from "../../fakes/logs.ts";

const hello: RequestHandler = (_request, response, path) => {
  if (path !== "/hello") return false;
  response.writeHead(200).end("hello");
  return true;
};

describe("the listener", () => {
  test("asks each handler in turn, and answers 404 where none knows the path", async () => {
    const listener = await serve([() => false, hello]);
    await expect(listener.ask("/hello?token=x")).resolves.toMatchObject({
      status: 200,
      body: "hello",
    });
    await expect(listener.ask("/elsewhere")).resolves.toMatchObject({
      status: 404,
    });
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])(
    "answers 405 to %s",
    async (method) => {
      const listener = await serve([hello]);
      await expect(listener.ask("/hello", { method })).resolves.toMatchObject({
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    },
  );

  test("sends the security headers with every answer", async () => {
    const listener = await serve([hello]);
    for (const answer of [
      await listener.ask("/hello"),
      await listener.ask("/elsewhere"),
      await listener.ask("/hello", { method: "POST" }),
    ]) {
      expect(answer.headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
      });
      const policy = answer.headers["content-security-policy"];
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'self'");
      expect(policy).not.toContain("unsafe-inline");
    }
  });

  test("answers 500 where a handler fails, and goes on", async () => {
    const listener = await serve([
      (_request, _response, path) => {
        if (path === "/broken") throw new Error("secret detail");
        if (path === "/broken-later")
          return Promise.reject(new Error("secret detail"));
        return false;
      },
      hello,
    ]);
    for (const path of ["/broken", "/broken-later"]) {
      const broken = await listener.ask(path);
      expect(broken.status).toBe(500);
      expect(broken.body).not.toContain("secret detail");
    }
    await expect(listener.ask("/hello")).resolves.toMatchObject({
      status: 200,
    });
  });

  test("survives bytes that are no HTTP", async () => {
    const listener = await serve([hello]);
    const socket = connect(listener.port, "127.0.0.1");
    socket.on("error", () => undefined); // Reset or closed: both are the end of it.
    socket.write("\x16\x03\x01 rubbish\r\n\r\n");
    await once(socket, "close");
    await expect(listener.ask("/hello")).resolves.toMatchObject({
      status: 200,
    });
  });

  test("says that a port is taken, and how to choose another", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    await expect(
      HttpServer.listen({
        host: "127.0.0.1",
        port,
        handlers: [],
        onUpgrade: () => undefined,
        log: silentLog,
      }),
    ).rejects.toMatchObject({
      code: "port-taken",
      message: `port ${port} on 127.0.0.1 is in use by another process`,
      mend: expect.stringContaining("--port") as string,
    });
    other.close();
  });

  test("says why an address cannot be listened on", async () => {
    await expect(
      HttpServer.listen({
        host: "203.0.113.1",
        port: 0,
        handlers: [],
        onUpgrade: () => undefined,
        log: silentLog,
      }),
    ).rejects.toMatchObject({ code: "listen-failed" });
  });

  test.each([
    { what: "says nothing", bytes: "" },
    { what: "sends half a request", bytes: "GET /hello HTTP/1.1\r\nHos" },
    {
      what: "sends half a body",
      bytes: "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhal",
    },
  ])("cuts off a client that $what, in time", async ({ bytes }) => {
    const listener = await serve([hello], undefined, {
      requestTimeoutMs: 300,
      headersTimeoutMs: 200,
      checkIntervalMs: 50,
    });
    const openedMs = performance.now();
    const socket = await listener.knock(bytes);
    socket.resume();
    await once(socket, "close");
    expect(performance.now() - openedMs).toBeGreaterThan(150);
    expect(performance.now() - openedMs).toBeLessThan(2_000);
  });

  test("cuts off a silent client by its default limits as well", async () => {
    const listener = await serve([hello]);
    const openedMs = performance.now();
    await once((await listener.knock("")).resume(), "close");
    expect(performance.now() - openedMs).toBeLessThan(7_500);
  }, 10_000);

  test("takes no more connections than it may, until one ends", async () => {
    const listener = await serve([hello], undefined, { maxConnections: 2 });
    const first = await listener.knock("");
    await listener.knock("");
    const third = await listener.knock("");
    await once(third.resume(), "close");
    first.destroy();
    await expect
      .poll(() => listener.ask("/hello").catch(() => undefined))
      .toMatchObject({ status: 200 });
  });

  test.each(["h2c", "TLS/1.0", "websocket2"])(
    "answers a request that would upgrade to %s like any other",
    async (protocol) => {
      const upgrades: string[] = [];
      const listener = await serve([hello], (request, socket) => {
        upgrades.push(request.url ?? "");
        socket.destroy();
      });
      const headers = { Connection: "Upgrade", Upgrade: protocol };
      await expect(listener.ask("/hello", { headers })).resolves.toMatchObject({
        status: 200,
        body: "hello",
      });
      expect(upgrades).toEqual([]);
    },
  );

  test.each([
    { target: "http://desk.example/hello", status: 200 },
    { target: "HTTPS://desk.example:8080/hello?query", status: 200 },
    { target: "http://desk.example", status: 404 },
    { target: "http://desk.example?/hello", status: 404 },
    { target: "ftp://desk.example/hello", status: 404 },
  ])("answers $status to the request target $target", async (row) => {
    const listener = await serve([hello]);
    await expect(listener.ask(row.target)).resolves.toMatchObject({
      status: row.status,
    });
  });

  test("hands over an upgrade to a WebSocket with its path alone", async () => {
    const upgrades: (string | undefined)[] = [];
    const listener = await serve([hello], (request, socket) => {
      upgrades.push(request.url);
      socket.destroy();
    });
    const socket = await listener.knock(
      "GET http://desk.example/ws?a HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
    );
    await once(socket.resume(), "close");
    expect(upgrades).toEqual(["/ws?a"]);
  });

  test("closes although clients hold their connections open", async () => {
    const listener = await serve([hello]);
    const idle = connect(listener.port, "127.0.0.1");
    await once(idle, "connect");
    const closed = once(idle, "close");
    await Promise.all([listener.close(), listener.close()]);
    await closed;
  });

  test("closes although an upgraded connection was never ended", async () => {
    const upgraded: Duplex[] = [];
    const listener = await serve([hello], (_request, socket) => {
      upgraded.push(socket);
    });
    const client = connect(listener.port, "127.0.0.1");
    client.on("error", () => undefined); // The server cuts it off.
    client.write(
      "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    while (upgraded.length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await listener.close();
    client.destroy();
    upgraded[0]?.destroy();
  });
});
