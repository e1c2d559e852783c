/**
 * Sharing over real sockets: tokens of lookers, control, who is sent away, who comes back.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { poll } from "../../../agent/base/deadline.ts";
import type { ServerMessage } from "../../../signaling/protocol.ts";
import {
  SignalingWorld,
  type SignalingClient,
} from "../../fakes/signaling-world.ts";

let world: SignalingWorld;

beforeEach(async () => {
  world = await SignalingWorld.open();
});
afterEach(() => world.close());

describe("sharing", () => {
  const key = { type: "key", keysym: 97, code: "KeyA", pressed: true };

  async function come(
    token = "right",
    more: object = {},
  ): Promise<SignalingClient> {
    const client = world.client();
    await client.hello(token, more);
    await client.message("control");
    return client;
  }

  async function errorAbout(
    client: SignalingClient,
    about: string,
  ): Promise<string> {
    return await poll(
      () =>
        client.messages.find(
          (each): each is Extract<ServerMessage, { type: "error" }> =>
            each.type === "error" && each.about === about,
        )?.error,
      { everyMs: 5, timeoutMs: 2_000, what: `an error about ${about}` },
    );
  }

  async function control(
    client: SignalingClient,
    yours: boolean,
  ): Promise<void> {
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
    expect(world.host.seats[0]?.calls).toEqual([]);
    for (let tries = 0; tries < 20; tries += 1)
      expect(world.signaling.isAuthorized("127.0.0.1", "look")).toBe(false);
    expect(world.signaling.isAuthorized("127.0.0.1", "right")).toBe(true);
  });

  test("lookers leave a place for a controller", async () => {
    await come("look");
    const second = world.client();
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
    expect(world.host.seats[0]?.calls).toEqual([
      "key 97 KeyA down",
      "release all",
    ]);
    expect(world.host.seats[1]?.calls).toEqual(["key 97 KeyA down"]);
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
