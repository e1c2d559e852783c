import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, withDeadline } from "../../../agent/base/deadline.ts";
import { HttpServer } from "../../../agent/http/http-server.ts";
import {
  subprotocol,
  type ServerMessage,
} from "../../../signaling/protocol.ts";
import { fixedTokens } from "../../../signaling/authenticator.ts";
import {
  requestTimeoutMs,
  Sharing,
} from "../../../signaling/features/sharing.ts";
import { SignalingServer } from "../../../signaling/signaling-server.ts";
import { recordingLog, silentLog } from "../../fakes/logs.ts";
import { FakeHost } from "../../fakes/viewer-world.ts";

let host: FakeHost;
let sharing: Sharing;
let signaling: SignalingServer;
let http: HttpServer;
let logged: string[];
/** The server's ends of all connections that asked for an upgrade. */
let connections: Duplex[];
const sockets: WebSocket[] = [];

beforeEach(async () => {
  host = new FakeHost();
  const { log, lines } = recordingLog();
  logged = lines;
  connections = [];
  sharing = new Sharing({
    rules: { requestTimeoutMs, mode: "exclusive", allowViewers: false },
    places: { maxViewers: 2, maxControllers: 2 },
    pointers: false,
    viewerToken: "look",
    clock: systemClock,
    log,
  });
  signaling = new SignalingServer({
    session: {
      agentVersion: host.agentVersion,
      ice: host.ice,
      transport: "auto",
      createPeer: host.createPeer,
      screen: () => host.screen(),
      onScreen: (listener) => host.onScreen(listener),
      video: host.video,
      hasFailed: (codec) => host.hasFailed(codec),
      audio: host.audio,
      openSeat: () => host.openSeat(),
      admit: sharing.admit,
      features: [sharing.open],
      health: () => host.health(),
      onHealth: (listener) => host.onHealth(listener),
    },
    clock: systemClock,
    log,
    authenticator: fixedTokens({ controller: "right", viewer: "look" }),
    allowedOrigins: ["https://portal.example"],
  });
  http = await HttpServer.listen({
    host: "127.0.0.1",
    port: 0,
    handlers: [],
    onUpgrade: (request, socket, head) => {
      connections.push(socket);
      signaling.upgrade(request, socket, head);
    },
    log: silentLog,
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await signaling.close();
  sharing.close();
  await http.close();
});

class Client {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  readonly closed: Promise<number>;

  constructor(options: { origin?: string; path?: string } = {}) {
    this.socket = new WebSocket(
      `ws://127.0.0.1:${http.port}${options.path ?? "/ws"}`,
      subprotocol,
      options.origin === undefined ? {} : { origin: options.origin },
    );
    sockets.push(this.socket);
    this.closed = new Promise((resolve) => {
      this.socket.on("close", resolve);
    });
    this.socket.on("error", () => undefined); // Tests look at the close code or the refusal.
    this.socket.on("message", (data) => {
      this.messages.push(
        JSON.parse((data as Buffer).toString()) as ServerMessage,
      );
    });
  }

  say(message: unknown): void {
    this.socket.send(
      typeof message === "string" ? message : JSON.stringify(message),
    );
  }

  async hello(token = "right", more: object = {}): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN)
      await once(this.socket, "open");
    this.say({
      type: "hello",
      version: 1,
      token,
      videoCodecs: ["h264"],
      ...more,
    });
  }

  async message<T extends ServerMessage["type"]>(
    type: T,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    return await poll(
      () =>
        this.messages.find(
          (each): each is Extract<ServerMessage, { type: T }> =>
            each.type === type,
        ),
      { everyMs: 5, timeoutMs: 2_000, what: `the message ${type}` },
    );
  }

  closeCode(): Promise<number> {
    return withDeadline(this.closed, { timeoutMs: 2_000, what: "the close" });
  }
}

/** The HTTP status with which an upgrade was refused. */
async function refusal(options: {
  origin?: string;
  path?: string;
}): Promise<number> {
  const { socket } = new Client(options);
  const [, response] = (await once(socket, "unexpected-response")) as [
    unknown,
    { statusCode: number },
  ];
  return response.statusCode;
}

describe("the upgrade", () => {
  test("chooses the subprotocol", async () => {
    const client = new Client();
    await once(client.socket, "open");
    expect(client.socket.protocol).toBe("streamspace.v1");
  });

  test.each([
    {
      what: "another site's page",
      options: { origin: "https://evil.example" },
      status: 403,
    },
    { what: "a page without a site", options: { origin: "null" }, status: 403 },
    { what: "another path", options: { path: "/other" }, status: 404 },
    {
      what: "a path that begins alike",
      options: { path: "/wsx" },
      status: 404,
    },
  ])("is refused for $what with $status", async ({ options, status }) => {
    await expect(refusal(options)).resolves.toBe(status);
  });

  test("is open to the agent's own page, to allowed sites, and to what is no browser", async () => {
    for (const origin of [
      `http://127.0.0.1:${http.port}`,
      "https://portal.example",
      undefined,
    ]) {
      const client = new Client(origin === undefined ? {} : { origin });
      await once(client.socket, "open");
    }
  });

  test("is open to a newcomer however many are silent, of whom the oldest goes", async () => {
    const silent: Client[] = [];
    for (let count = 0; count < 16; count += 1) {
      const client = new Client();
      await once(client.socket, "open");
      silent.push(client);
    }
    const newcomer = new Client();
    await newcomer.hello();
    await newcomer.message("welcome");
    await expect(silent[0]?.message("error")).resolves.toMatchObject({
      error: "timeout",
    });
    await expect(silent[0]?.closeCode()).resolves.toBe(4408);
    expect(
      silent.slice(1).filter(({ socket }) => socket.readyState !== socket.OPEN),
    ).toEqual([]);
  });

  test("cuts off who does not answer the close frame", async () => {
    const deaf = new Client();
    await once(deaf.socket, "open");
    deaf.socket.pause();
    deaf.say("rubbish");
    const [connection] = connections;
    expect(connection?.destroyed).toBe(false);
    await poll(() => (connection?.destroyed === true ? true : undefined), {
      everyMs: 20,
      timeoutMs: 2_000,
      what: "the end of its connection",
    });
  });

  test("that was refused does not keep the listener from closing", async () => {
    // This peer never closes its half of the connection.
    const socket = connect({
      port: http.port,
      host: "127.0.0.1",
      allowHalfOpen: true,
    });
    socket.on("error", () => undefined); // A reset is an end as well.
    socket.write(
      "GET /no HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toContain("404 Not Found");
    await withDeadline(http.close(), {
      timeoutMs: 1_000,
      what: "the end of the listener",
    });
    socket.destroy();
  });
});

describe("a viewer with bad manners gets a typed error and a close code, and others go on:", () => {
  let other: Client;
  beforeEach(async () => {
    other = new Client();
    await other.hello();
    await other.message("offer");
  });
  afterEach(async () => {
    other.say({ type: "ping", id: 7 });
    await expect(other.message("pong")).resolves.toEqual({
      type: "pong",
      id: 7,
    });
    await poll(() => (signaling.viewers.length === 1 ? true : undefined), {
      everyMs: 5,
      timeoutMs: 2_000,
      what: "the bad one's departure",
    });
  });

  test("a wrong token", async () => {
    const client = new Client();
    await client.hello("wrong");
    await expect(client.message("error")).resolves.toMatchObject({
      error: "unauthorized",
    });
    await expect(client.closeCode()).resolves.toBe(4401);
  });

  test("input before hello", async () => {
    const client = new Client();
    await once(client.socket, "open");
    client.say({ type: "motion", seq: 1, x: 1, y: 1 });
    await expect(client.message("error")).resolves.toMatchObject({
      error: "unauthorized",
    });
    await expect(client.closeCode()).resolves.toBe(4401);
  });

  test("a message above the bound", async () => {
    const client = new Client();
    await client.hello();
    await client.message("welcome");
    client.say("x".repeat(70_000));
    await expect(client.message("error")).resolves.toMatchObject({
      error: "too-large",
    });
    await expect(client.closeCode()).resolves.toBe(1009);
  });

  test("a message far above the bound, which is not even read", async () => {
    const client = new Client();
    await client.hello();
    await client.message("welcome");
    client.say("x".repeat(1_000_000));
    await expect(client.closeCode()).resolves.toBe(1009);
  });

  test("a binary message", async () => {
    const client = new Client();
    await client.hello();
    await client.message("welcome");
    client.socket.send(Buffer.from("{}"));
    await expect(client.message("error")).resolves.toMatchObject({
      error: "bad-message",
    });
    await expect(client.closeCode()).resolves.toBe(4400);
  });

  test("a frame that breaks the WebSocket protocol", async () => {
    const client = new Client();
    await client.hello();
    await client.message("welcome");
    const raw = (
      client.socket as unknown as { _socket: { write(data: Buffer): void } }
    )._socket;
    raw.write(Buffer.from("c3", "hex")); // An opcode that does not exist…
    raw.write(Buffer.from("80112233440000", "hex"));
    await expect(client.closeCode()).resolves.toBe(1002);
  });

  test("a second hello", async () => {
    const client = new Client();
    await client.hello();
    await client.message("welcome");
    client.say({ type: "hello", version: 1, token: "right", videoCodecs: [] });
    await expect(client.closeCode()).resolves.toBe(4409);
  });
});

test("more viewers than there are places are turned away, until one leaves", async () => {
  const [first, second, third] = [new Client(), new Client(), new Client()];
  await first.hello();
  await second.hello();
  await second.message("welcome");
  await third.hello();
  await expect(third.closeCode()).resolves.toBe(4503);
  first.socket.close();
  await first.closed;
  const fourth = new Client();
  await fourth.hello();
  await fourth.message("welcome");
});

describe("after ten wrong tokens of an address", () => {
  beforeEach(async () => {
    for (let tries = 0; tries < 10; tries += 1) {
      const client = new Client();
      await client.hello("wrong");
      await expect(client.closeCode()).resolves.toBe(4401);
    }
  });

  test("a right one from there gets in, a second later", async () => {
    const client = new Client();
    await client.hello();
    const saidMs = performance.now();
    await client.message("welcome");
    expect(performance.now() - saidMs).toBeGreaterThan(900);
  });

  test("those who wait their second make no room for more guessers", async () => {
    const client = new Client();
    await client.hello();
    const guessers = Array.from({ length: 30 }, () => new Client());
    await Promise.all(guessers.map((guesser) => guesser.hello("wrong")));
    await client.message("welcome");
    const codes = await Promise.all(guessers.map((each) => each.closeCode()));
    const checked = codes.filter((code) => code === 4401);
    expect(checked.length).toBeLessThanOrEqual(15);
    expect(codes.filter((code) => code === 4408)).toHaveLength(
      30 - checked.length,
    );
  });

  test("a plain request from there is nobody's, and from elsewhere is", () => {
    expect(signaling.isAuthorized("127.0.0.1", "right")).toBe(false);
    expect(signaling.isAuthorized("192.0.2.1", "right")).toBe(true);
  });

  test("the log has one line for all of them", () => {
    const lines = logged.filter((line) => line.includes("refused"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("the token is missing or wrong");
  });
});

test("wrong tokens of plain requests count like those of viewers; none at all does not", async () => {
  for (let tries = 0; tries < 100; tries += 1)
    expect(signaling.isAuthorized("192.0.2.1", undefined)).toBe(false);
  expect(signaling.isAuthorized("192.0.2.1", "right")).toBe(true);
  for (let tries = 0; tries < 10; tries += 1)
    expect(signaling.isAuthorized("127.0.0.1", "wrong")).toBe(false);
  expect(signaling.isAuthorized("127.0.0.1", "right")).toBe(false);
  const client = new Client();
  await client.hello();
  const saidMs = performance.now();
  await client.message("welcome");
  expect(performance.now() - saidMs).toBeGreaterThan(900);
});

test("a viewer whose connection breaks leaves nothing behind", async () => {
  const client = new Client();
  await client.hello();
  await client.message("offer");
  client.socket.terminate();
  await poll(() => (host.peers[0]?.closeCalls === 1 ? true : undefined), {
    everyMs: 5,
    timeoutMs: 2_000,
    what: "the end of its peer",
  });
  expect(host.seats[0]?.calls).toEqual(["close"]);
  expect(signaling.viewers).toEqual([]);
});

test("the end of the agent tells every viewer to come back, also those who do not listen", async () => {
  const client = new Client();
  await client.hello();
  await client.message("welcome");
  const deaf = new Client();
  await deaf.hello();
  await deaf.message("welcome");
  deaf.socket.pause();
  await withDeadline(Promise.all([signaling.close(), signaling.close()]), {
    timeoutMs: 1_500,
    what: "the end of signaling",
  });
  await expect(client.closeCode()).resolves.toBe(1001);
  await expect(refusal({})).resolves.toBe(503);
});

describe("sharing", () => {
  const key = { type: "key", keysym: 97, code: "KeyA", pressed: true };

  async function come(token = "right", more: object = {}): Promise<Client> {
    const client = new Client();
    await client.hello(token, more);
    await client.message("control");
    return client;
  }

  async function errorAbout(client: Client, about: string): Promise<string> {
    return await poll(
      () =>
        client.messages.find(
          (each): each is Extract<ServerMessage, { type: "error" }> =>
            each.type === "error" && each.about === about,
        )?.error,
      { everyMs: 5, timeoutMs: 2_000, what: `an error about ${about}` },
    );
  }

  async function control(client: Client, yours: boolean): Promise<void> {
    await poll(
      () =>
        client.messages.findLast((each) => each.type === "control")?.yours ===
        yours
          ? true
          : undefined,
      { everyMs: 5, timeoutMs: 2_000, what: "control to change" },
    );
  }

  test("a viewer token looks, and a request with it is nobody's, without being a guess", async () => {
    const looker = await come("look");
    await expect(looker.message("welcome")).resolves.toMatchObject({
      role: "viewer",
    });
    for (const type of ["control-take", "share-link"]) {
      looker.say({ type });
      await expect(errorAbout(looker, type)).resolves.toBe("not-allowed");
    }
    looker.say({ ...key, seq: 1 });
    await expect(errorAbout(looker, "key")).resolves.toBe("not-allowed");
    expect(host.seats[0]?.calls).toEqual([]);
    for (let tries = 0; tries < 20; tries += 1)
      expect(signaling.isAuthorized("127.0.0.1", "look")).toBe(false);
    expect(signaling.isAuthorized("127.0.0.1", "right")).toBe(true);
  });

  test("lookers leave a place for a controller", async () => {
    await come("look");
    const second = new Client();
    await second.hello("look");
    await expect(second.closeCode()).resolves.toBe(4503);
    await come("right");
  });

  test("control goes from hand to hand, and keys come up between", async () => {
    const [first, second] = [await come(), await come()];
    const { viewerId } = await second.message("welcome");
    first.say({ ...key, seq: 1 });
    second.say({ type: "control-request" });
    await poll(
      () =>
        first.messages.findLast((each) => each.type === "control")?.decides[0],
      { everyMs: 5, timeoutMs: 2_000, what: "the request" },
    );
    first.say({ type: "control-give", viewer: viewerId });
    await control(second, true);
    await control(first, false);
    second.say({ ...key, seq: 1 });
    first.say({ ...key, seq: 2 });
    await expect(errorAbout(first, "key")).resolves.toBe("no-control");
    expect(host.seats[0]?.calls).toEqual(["key 97 KeyA down", "release all"]);
    expect(host.seats[1]?.calls).toEqual(["key 97 KeyA down"]);
  });

  test("who is sent away gets a close code that says so", async () => {
    const [first, second] = [await come(), await come()];
    const { viewerId } = await first.message("welcome");
    second.say({ type: "kick", viewer: viewerId });
    await expect(first.closeCode()).resolves.toBe(4403);
    await control(second, true);
  });

  test("a connection that is cut comes back to its control", async () => {
    const [first, second] = [await come(), await come()];
    const { resume } = await first.message("welcome");
    first.socket.terminate();
    await poll(
      () =>
        second.messages.findLast((each) => each.type === "control")?.kept ===
        true
          ? true
          : undefined,
      { everyMs: 5, timeoutMs: 2_000, what: "control to be kept" },
    );
    const again = await come("right", { resume });
    await control(again, true);
    await control(second, false);
  });

  test("a connection that hangs is replaced by the one that comes back", async () => {
    const first = await come();
    await come("right");
    const { resume } = await first.message("welcome");
    first.socket.pause();
    const again = await come("right", { resume, name: "Ann" });
    await control(again, true);
    first.socket.resume();
    await expect(first.closeCode()).resolves.toBe(4410);
    await poll(
      () =>
        again.messages
          .findLast((each) => each.type === "presence")
          ?.viewers.find(({ name }) => name === "Ann"),
      { everyMs: 5, timeoutMs: 2_000, what: "its name" },
    );
  });
});
