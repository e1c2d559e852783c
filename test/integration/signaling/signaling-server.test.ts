/**
 * How viewers come in, and how they go: the upgrade, places, the end of the agent.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { poll, withDeadline } from "../../../agent/base/deadline.ts";
import {
  SignalingWorld,
  type SignalingClient,
} from "../../fakes/signaling-world.ts";

let world: SignalingWorld;

beforeEach(async () => {
  world = await SignalingWorld.open();
});
afterEach(() => world.close());

describe("the upgrade", () => {
  test("chooses the subprotocol", async () => {
    const client = world.client();
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
    await expect(world.refusal(options)).resolves.toBe(status);
  });

  test("is open to the agent's own page, to allowed sites, and to what is no browser", async () => {
    for (const origin of [
      `http://127.0.0.1:${world.port}`,
      "https://portal.example",
      undefined,
    ]) {
      const client = world.client(origin === undefined ? {} : { origin });
      await once(client.socket, "open");
    }
  });

  test("is open to a newcomer however many are silent, of whom the oldest goes", async () => {
    const silent: SignalingClient[] = [];
    for (let count = 0; count < 16; count += 1) {
      const client = world.client();
      await once(client.socket, "open");
      silent.push(client);
    }
    const newcomer = world.client();
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
    const deaf = world.client();
    await once(deaf.socket, "open");
    deaf.socket.pause();
    deaf.say("rubbish");
    const [connection] = world.connections;
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
      port: world.port,
      host: "127.0.0.1",
      allowHalfOpen: true,
    });
    socket.on("error", () => undefined); // A reset is an end as well.
    socket.write(
      "GET /no HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toContain("404 Not Found");
    await withDeadline(world.closeListener(), {
      timeoutMs: 1_000,
      what: "the end of the listener",
    });
    socket.destroy();
  });
});

test("more viewers than there are places are turned away, until one leaves", async () => {
  const [first, second, third] = [
    world.client(),
    world.client(),
    world.client(),
  ];
  await first.hello();
  await second.hello();
  await second.message("welcome");
  await third.hello();
  await expect(third.closeCode()).resolves.toBe(4503);
  first.socket.close();
  await first.closed;
  const fourth = world.client();
  await fourth.hello();
  await fourth.message("welcome");
});

test("a viewer whose connection breaks leaves nothing behind", async () => {
  const client = world.client();
  await client.hello();
  await client.message("offer");
  client.socket.terminate();
  await poll(() => (world.host.peers[0]?.closeCalls === 1 ? true : undefined), {
    everyMs: 5,
    timeoutMs: 2_000,
    what: "the end of its peer",
  });
  expect(world.host.seats[0]?.calls).toEqual(["close"]);
  expect(world.signaling.viewers).toEqual([]);
});

test("the end of the agent tells every viewer to come back, also those who do not listen", async () => {
  const client = world.client();
  await client.hello();
  await client.message("welcome");
  const deaf = world.client();
  await deaf.hello();
  await deaf.message("welcome");
  deaf.socket.pause();
  await withDeadline(
    Promise.all([world.signaling.close(), world.signaling.close()]),
    {
      timeoutMs: 1_500,
      what: "the end of signaling",
    },
  );
  await expect(client.closeCode()).resolves.toBe(1001);
  await expect(world.refusal({})).resolves.toBe(503);
});
