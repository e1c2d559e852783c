/**
 * Which STUN server the agent asks, on werift's real connection objects.
 */
import { RTCPeerConnection } from "werift";
import { expect, test } from "vitest";
import { withoutDefaultStun } from "../../../signaling/webrtc/werift-remedies.ts";

/** The STUN server a new connection would ask, after the remedy. */
async function stunServerFor(urls: readonly string[]): Promise<unknown> {
  const iceServers = urls.map((url) => ({ urls: url }));
  const connection = new RTCPeerConnection({ iceServers });
  connection.createDataChannel("any");
  try {
    withoutDefaultStun(connection.iceTransports, {
      iceServers,
      iceTransportPolicy: "all",
      portRange: undefined,
      advertisedAddresses: [],
    });
    expect(connection.iceTransports).toHaveLength(1);
    return connection.iceTransports[0]?.connection.stunServer;
  } finally {
    await connection.close();
  }
}

test("a session that was given no server asks none", async () => {
  expect(await stunServerFor([])).toBeUndefined();
});

test("a session that was given one asks that one", async () => {
  expect(await stunServerFor(["stun:127.0.0.1:3479"])).toEqual([
    "127.0.0.1",
    3479,
  ]);
});
