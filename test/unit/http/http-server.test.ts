import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import {
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { createServer, connect, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { healthHandler } from "../../../agent/health/health-routes.ts";
import {
  HttpServer,
  type HttpLimits,
  type RequestHandler,
  type UpgradeHandler,
} from "../../../agent/http/http-server.ts";
import { pageHandler } from "../../../agent/http/page.ts";
import type { HealthSnapshot } from "../../../signaling/protocol.ts";
import { silentLog } from "../../fakes/logs.ts";

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(
  handlers: readonly RequestHandler[],
  onUpgrade: UpgradeHandler = (_request, socket) => socket.destroy(),
  limits: Partial<HttpLimits> = {},
): Promise<HttpServer> {
  server = await HttpServer.listen({
    host: "127.0.0.1",
    port: 0,
    handlers,
    onUpgrade,
    log: silentLog,
    limits,
  });
  return server;
}

/** A bare connection that has sent `bytes`. */
async function knock(bytes: string): Promise<Socket> {
  const socket = connect(server?.port ?? 0, "127.0.0.1");
  socket.on("error", () => undefined); // Reset or closed: both are the end of it.
  await once(socket, "connect");
  if (bytes !== "") socket.write(bytes);
  return socket;
}

async function ask(
  path: string,
  options: RequestOptions = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const asked = request({
    host: "127.0.0.1",
    port: server?.port,
    path,
    agent: false,
    ...options,
  });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await text(response),
  };
}

const hello: RequestHandler = (_request, response, path) => {
  if (path !== "/hello") return false;
  response.writeHead(200).end("hello");
  return true;
};

describe("the listener", () => {
  test("asks each handler in turn, and answers 404 where none knows the path", async () => {
    await serve([() => false, hello]);
    await expect(ask("/hello?token=x")).resolves.toMatchObject({
      status: 200,
      body: "hello",
    });
    await expect(ask("/elsewhere")).resolves.toMatchObject({ status: 404 });
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])(
    "answers 405 to %s",
    async (method) => {
      await serve([hello]);
      await expect(ask("/hello", { method })).resolves.toMatchObject({
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    },
  );

  test("sends the security headers with every answer", async () => {
    await serve([hello]);
    for (const answer of [
      await ask("/hello"),
      await ask("/elsewhere"),
      await ask("/hello", { method: "POST" }),
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
    await serve([
      (_request, _response, path) => {
        if (path === "/broken") throw new Error("secret detail");
        return false;
      },
      hello,
    ]);
    const broken = await ask("/broken");
    expect(broken.status).toBe(500);
    expect(broken.body).not.toContain("secret detail");
    await expect(ask("/hello")).resolves.toMatchObject({ status: 200 });
  });

  test("survives bytes that are no HTTP", async () => {
    const { port } = await serve([hello]);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined); // Reset or closed: both are the end of it.
    socket.write("\x16\x03\x01 rubbish\r\n\r\n");
    await once(socket, "close");
    await expect(ask("/hello")).resolves.toMatchObject({ status: 200 });
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
    await serve([hello], undefined, {
      requestTimeoutMs: 300,
      headersTimeoutMs: 200,
      checkIntervalMs: 50,
    });
    const openedMs = performance.now();
    const socket = await knock(bytes);
    socket.resume();
    await once(socket, "close");
    expect(performance.now() - openedMs).toBeGreaterThan(150);
    expect(performance.now() - openedMs).toBeLessThan(2_000);
  });

  test("cuts off a silent client by its default limits as well", async () => {
    await serve([hello]);
    const openedMs = performance.now();
    await once((await knock("")).resume(), "close");
    expect(performance.now() - openedMs).toBeLessThan(7_500);
  }, 10_000);

  test("takes no more connections than it may, until one ends", async () => {
    await serve([hello], undefined, { maxConnections: 2 });
    const first = await knock("");
    await knock("");
    const third = await knock("");
    await once(third.resume(), "close");
    first.destroy();
    await expect
      .poll(() => ask("/hello").catch(() => undefined))
      .toMatchObject({ status: 200 });
  });

  test.each(["h2c", "TLS/1.0", "websocket2"])(
    "answers a request that would upgrade to %s like any other",
    async (protocol) => {
      const upgrades: string[] = [];
      await serve([hello], (request, socket) => {
        upgrades.push(request.url ?? "");
        socket.destroy();
      });
      const headers = { Connection: "Upgrade", Upgrade: protocol };
      await expect(ask("/hello", { headers })).resolves.toMatchObject({
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
    await serve([hello]);
    await expect(ask(row.target)).resolves.toMatchObject({
      status: row.status,
    });
  });

  test("hands over an upgrade to a WebSocket with its path alone", async () => {
    const upgrades: (string | undefined)[] = [];
    await serve([hello], (request, socket) => {
      upgrades.push(request.url);
      socket.destroy();
    });
    const socket = await knock(
      "GET http://desk.example/ws?a HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
    );
    await once(socket.resume(), "close");
    expect(upgrades).toEqual(["/ws?a"]);
  });

  test("closes although clients hold their connections open", async () => {
    const { port } = await serve([hello]);
    const idle = connect(port, "127.0.0.1");
    await once(idle, "connect");
    const closed = once(idle, "close");
    await Promise.all([server?.close(), server?.close()]);
    await closed;
  });

  test("closes although an upgraded connection was never ended", async () => {
    const upgraded: Duplex[] = [];
    const { port } = await serve([hello], (_request, socket) => {
      upgraded.push(socket);
    });
    const client = connect(port, "127.0.0.1");
    client.on("error", () => undefined); // The server cuts it off.
    client.write(
      "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    while (upgraded.length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await server?.close();
    client.destroy();
    upgraded[0]?.destroy();
  });
});

describe("the probes", () => {
  const report: HealthSnapshot = {
    status: "ready",
    reasons: [],
    version: "1.2.3",
    startedAt: "2026-01-01T00:00:00.000Z",
    display: null,
    video: [],
    encoders: [],
    viewers: 0,
    components: [
      {
        name: "display",
        state: "running",
        since: "x",
        restarts: 0,
        required: true,
      },
    ],
  };
  const probes = (changed: Partial<HealthSnapshot> = {}): RequestHandler =>
    healthHandler({
      report: () => ({ ...report, ...changed }),
      readiness: () => ({ ...report, ...changed }),
      services: () => [
        {
          name: "display",
          state: { name: "running", generation: 1, failures: 0, sinceMs: 0 },
          sinceMs: 0,
          restarts: 0,
          proven: true,
          required: true,
          lastError: undefined,
          lastLines: ["/home/somebody/file"],
        },
      ],
      isAuthorized: ({ headers }) => headers.authorization === "Bearer right",
    });

  test("/healthz is 200 whatever the session does", async () => {
    await serve([probes({ status: "not-ready" })]);
    await expect(ask("/healthz")).resolves.toMatchObject({ status: 200 });
  });

  test.each([
    { status: "ready", code: 200 },
    { status: "degraded", code: 200 },
    { status: "not-ready", code: 503 },
  ] as const)(
    "/readyz and /health are $code when $status",
    async ({ status, code }) => {
      await serve([
        probes({ status, reasons: ["the display does not answer"] }),
      ]);
      const ready = await ask("/readyz");
      expect(ready.status).toBe(code);
      expect(ready.body).toBe(
        code === 503 ? "the display does not answer\n" : `${status}\n`,
      );
      const health = await ask("/health");
      expect(health.status).toBe(code);
      expect(health.headers["content-type"]).toContain("application/json");
      expect(health.headers["cache-control"]).toBe("no-store");
      expect(JSON.parse(health.body)).toMatchObject({ status });
    },
  );

  test("/health shows what components wrote only with the token", async () => {
    await serve([probes()]);
    expect((await ask("/health")).body).not.toContain("somebody");
    expect(
      (await ask("/health", { headers: { authorization: "Bearer wrong" } }))
        .body,
    ).not.toContain("somebody");
    const full = await ask("/health", {
      headers: { authorization: "Bearer right" },
    });
    expect(JSON.parse(full.body)).toMatchObject({
      components: [{ name: "display", lastLines: ["/home/somebody/file"] }],
    });
  });

  test("answer HEAD without a body", async () => {
    await serve([probes()]);
    await expect(ask("/readyz", { method: "HEAD" })).resolves.toMatchObject({
      status: 200,
      body: "",
    });
  });
});

describe("the page", () => {
  let folder: string;
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function servePage(): Promise<void> {
    folder = mkdtempSync(join(tmpdir(), "streamspace-page-"));
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<h1>page</h1>");
    writeFileSync(join(folder, "assets", "main-abc.js"), "run()");
    writeFileSync(join(folder, "notes.secret"), "not for you");
    await serve([
      pageHandler(folder, (origin) => origin === "https://portal.example"),
    ]);
  }

  test("is its index at /, revalidated each time; named assets are kept for good", async () => {
    await servePage();
    await expect(ask("/")).resolves.toMatchObject({
      status: 200,
      body: "<h1>page</h1>",
      headers: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
      },
    });
    const asset = await ask("/assets/main-abc.js");
    expect(asset.headers["cache-control"]).toContain("immutable");
    expect(asset.headers["content-type"]).toBe(
      "text/javascript; charset=utf-8",
    );
  });

  test("is sent compressed to who asks for that, and without a body for HEAD", async () => {
    await servePage();
    const asked = request({
      host: "127.0.0.1",
      port: server?.port,
      path: "/",
      headers: { "accept-encoding": "br, gzip" },
      agent: false,
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const chunks = (await response.toArray()) as Buffer[];
    expect(response.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe("<h1>page</h1>");
    const head = await ask("/", { method: "HEAD" });
    expect(head).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": "13" },
    });
  });

  test.each([
    "/../etc/passwd",
    "/assets/../../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/notes.secret",
    "/assets",
    "/assets/",
  ])("has nothing at %s", async (path) => {
    await servePage();
    await expect(ask(path)).resolves.toMatchObject({ status: 404 });
  });

  test.each([
    { origin: "https://portal.example", allowed: "https://portal.example" },
    { origin: "https://other.example", allowed: undefined },
  ])("lets $origin load its files as $allowed", async ({ origin, allowed }) => {
    await servePage();
    const answer = await ask("/assets/main-abc.js", { headers: { origin } });
    expect(answer.headers["access-control-allow-origin"]).toBe(allowed);
    expect(answer.headers.vary).toContain("Origin");
  });

  test("that was not built says so", () => {
    folder = "/nonexistent";
    expect(() => pageHandler(folder)).toThrow(
      expect.objectContaining({ mend: "Build it with: npm run build" }),
    );
  });
});
