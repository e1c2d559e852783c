/**
 * Viewers with bad manners and wrong tokens.
 */
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { poll } from "../../../agent/base/deadline.ts";
import type { Role } from "../../../signaling/protocol.ts";
import {
  SignalingWorld,
  type SignalingClient,
} from "../../fakes/signaling-world.ts";

let world: SignalingWorld;

beforeEach(async () => {
  world = await SignalingWorld.open();
});
afterEach(() => world.close());

describe("a viewer with bad manners gets a typed error and a close code, and others go on:", () => {
  let other: SignalingClient;
  beforeEach(async () => {
    other = world.client();
    await other.hello();
    await other.message("offer");
  });
  afterEach(async () => {
    other.say({ type: "ping", id: 7 });
    await expect(other.message("pong")).resolves.toEqual({
      type: "pong",
      id: 7,
    });
    await poll(
      () => (world.signaling.viewers.length === 1 ? true : undefined),
      {
        everyMs: 5,
        timeoutMs: 2_000,
        what: "the bad one's departure",
      },
    );
  });

  test("a wrong token", async () => {
    const client = world.client();
    await client.hello("wrong");
    await expect(client.message("error")).resolves.toMatchObject({
      error: "unauthorized",
    });
    await expect(client.closeCode()).resolves.toBe(4401);
  });

  test("input before hello", async () => {
    const client = world.client();
    await once(client.socket, "open");
    client.say({ type: "motion", seq: 1, x: 1, y: 1 });
    await expect(client.message("error")).resolves.toMatchObject({
      error: "unauthorized",
    });
    await expect(client.closeCode()).resolves.toBe(4401);
  });

  test("a message above the bound", async () => {
    const client = world.client();
    await client.hello();
    await client.message("welcome");
    client.say("x".repeat(70_000));
    await expect(client.message("error")).resolves.toMatchObject({
      error: "too-large",
    });
    await expect(client.closeCode()).resolves.toBe(1009);
  });

  test("a message far above the bound, which is not even read", async () => {
    const client = world.client();
    await client.hello();
    await client.message("welcome");
    client.say("x".repeat(1_000_000));
    await expect(client.closeCode()).resolves.toBe(1009);
  });

  test("a binary message", async () => {
    const client = world.client();
    await client.hello();
    await client.message("welcome");
    client.socket.send(Buffer.from("{}"));
    await expect(client.message("error")).resolves.toMatchObject({
      error: "bad-message",
    });
    await expect(client.closeCode()).resolves.toBe(4400);
  });

  test("a frame that breaks the WebSocket protocol", async () => {
    const client = world.client();
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
    const client = world.client();
    await client.hello();
    await client.message("welcome");
    client.say({ type: "hello", version: 1, token: "right", videoCodecs: [] });
    await expect(client.closeCode()).resolves.toBe(4409);
  });
});

describe("after ten wrong tokens of an address", () => {
  beforeEach(async () => {
    for (let tries = 0; tries < 10; tries += 1) {
      const client = world.client();
      await client.hello("wrong");
      await expect(client.closeCode()).resolves.toBe(4401);
    }
  });

  test("a right one from there gets in, a second later", async () => {
    const client = world.client();
    await client.hello();
    const saidMs = performance.now();
    await client.message("welcome");
    expect(performance.now() - saidMs).toBeGreaterThan(900);
  });

  test("those who wait their second make no room for more guessers", async () => {
    const client = world.client();
    await client.hello();
    const guessers = Array.from({ length: 30 }, () => world.client());
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
    expect(world.signaling.isAuthorized("127.0.0.1", "right")).toBe(false);
    expect(world.signaling.isAuthorized("192.0.2.1", "right")).toBe(true);
  });

  test("the log has one line for all of them", () => {
    const lines = world.logged.filter((line) => line.includes("refused"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("the token is missing or wrong");
  });
});

test("guesses outside of hellos wait, and only so many at a time; no more are looked at, nor said to be wrong", async () => {
  const guess = (): Promise<Role | undefined> =>
    world.signaling.roleOf("127.0.0.1", "wrong");
  await Promise.all(Array.from({ length: 10 }, guess));
  const startMs = performance.now();
  const waiting = Array.from({ length: 32 }, async () => {
    expect(await guess()).toBeUndefined();
    return performance.now() - startMs;
  });
  for (const token of ["wrong", "right"])
    await expect(
      world.signaling.roleOf("127.0.0.1", token),
    ).rejects.toMatchObject({ code: "too-many" });
  expect(performance.now() - startMs).toBeLessThan(900);
  const tookMs = await Promise.all(waiting);
  expect(tookMs.filter((ms) => ms > 900)).toHaveLength(32);
  expect(await world.signaling.roleOf("127.0.0.1", "right")).toBe("controller");
});

test("wrong tokens of plain requests count like those of viewers; none at all does not", async () => {
  for (let tries = 0; tries < 100; tries += 1)
    expect(world.signaling.isAuthorized("192.0.2.1", undefined)).toBe(false);
  expect(world.signaling.isAuthorized("192.0.2.1", "right")).toBe(true);
  for (let tries = 0; tries < 10; tries += 1)
    expect(world.signaling.isAuthorized("127.0.0.1", "wrong")).toBe(false);
  expect(world.signaling.isAuthorized("127.0.0.1", "right")).toBe(false);
  const client = world.client();
  await client.hello();
  const saidMs = performance.now();
  await client.message("welcome");
  expect(performance.now() - saidMs).toBeGreaterThan(900);
});
