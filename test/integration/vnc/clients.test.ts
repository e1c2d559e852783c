/**
 * VNC clients that were let in: what they may do, how they end, and what one costs that stalls.
 */
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { poll } from "../../../agent/base/deadline.ts";
import { report } from "../../fixtures/e2e-report.ts";
import { RfbFlood } from "../../fixtures/rfb-flood.ts";
import { kasm, rfb } from "../../fixtures/rfb-messages.ts";
import {
  closeCodeOf,
  openVncSocket,
  shakeHands,
} from "../../fixtures/vnc-client.ts";
import { VncSite } from "../../fixtures/vnc-site.ts";
import { vncTokens } from "../../fixtures/vnc-world.ts";

let site: VncSite;

beforeEach(async () => {
  site = await VncSite.open();
});
afterEach(() => site[Symbol.asyncDispose]());

describe("what clients may do", () => {
  const acts = [
    rfb.key(0x61, true),
    rfb.pointer(1, 5, 6),
    rfb.cutText("secret"),
    rfb.setDesktopSize(640, 480),
  ];

  test("a controller types, points, copies and resizes, and lets go when it leaves", async () => {
    const world = await site.openWorld();
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
    const world = await site.openWorld();
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
    const world = await site.openWorld();
    const client = await openVncSocket(world.port, vncTokens.controller);
    const closed = closeCodeOf(client.socket);
    client.stream.resume().write(kasm.keepAlive());
    expect(await closed).toBe(4400);
  });
});

describe("ends", () => {
  test("with the VNC server: the client may come back", async () => {
    const world = await site.openWorld();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    const closed = closeCodeOf(client.socket);
    client.stream.resume();
    await site.quiet[Symbol.asyncDispose]();
    // Not the code of a session that ends.
    expect(await closed).toBe(1012);
    await poll(() => (world.places.taken === 0 ? true : undefined), {
      ...{ everyMs: 10, timeoutMs: 2_000, what: "a free place" },
    });
  });

  test("with the agent, within its grace", async () => {
    const world = await site.openWorld();
    const client = await openVncSocket(world.port, vncTokens.viewer);
    const closed = closeCodeOf(client.socket);
    client.stream.resume();
    await world[Symbol.asyncDispose]();
    expect(await closed).toBe(1001);
    expect(world.leases).toBe(0);
  });

  test("where a client answers no pings", async () => {
    const world = await site.openWorld({ pingMs: 200 });
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
    const flooded = join(site.folder, "flood.sock");
    const flood = site.owned.use(
      await RfbFlood.listen(flooded, { floods: true }),
    );
    const world = await site.openWorld({ server: () => flooded });
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
    const world = await site.openWorld();
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
      const world = await site.openWorld({ password: "sesame12" });
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
    const world = await site.openWorld({
      password: "sesame12",
      maxClients: 64,
    });
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
