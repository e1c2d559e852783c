/**
 * What is put right in werift, on its real objects.
 */
import { KeyObject, randomBytes } from "node:crypto";
import {
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  RTCPeerConnection,
  RtpHeader,
  SrtcpSession,
  SrtpSession,
} from "werift";
import { describe, expect, test } from "vitest";
import {
  withoutDefaultStun,
  withPreparedKeys,
} from "../../../signaling/webrtc/werift-remedies.ts";

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

describe("sessions with prepared keys", () => {
  test.each([
    { profile: ProtectionProfileAeadAes128Gcm, saltBytes: 12 },
    { profile: ProtectionProfileAes128CmHmacSha1_80, saltBytes: 14 },
  ])(
    "encrypt as before, and understand the other side: profile $profile",
    ({ profile, saltBytes }) => {
      const own = { key: randomBytes(16), salt: randomBytes(saltBytes) };
      const other = { key: randomBytes(16), salt: randomBytes(saltBytes) };
      const sideOf = (local: typeof own, remote: typeof own) => {
        const keys = {
          localMasterKey: local.key,
          localMasterSalt: local.salt,
          remoteMasterKey: remote.key,
          remoteMasterSalt: remote.salt,
        };
        return {
          srtp: new SrtpSession({ keys, profile }),
          srtcp: new SrtcpSession({ keys, profile }),
        };
      };
      const agent = sideOf(own, other);
      const viewer = sideOf(other, own);
      withPreparedKeys([agent.srtp, agent.srtcp]);
      expect(agent.srtp.localContext.cipher.srtpSessionKey).toBeInstanceOf(
        KeyObject,
      );

      const payload = randomBytes(1_150);
      const header = new RtpHeader({
        payloadType: 102,
        sequenceNumber: 7,
        ssrc: 1,
      });
      const packet = agent.srtp.encrypt(payload, header);
      expect(packet.includes(payload.subarray(0, 16))).toBe(false);
      expect(
        viewer.srtp.decrypt(packet).subarray(-payload.length).equals(payload),
      ).toBe(true);
      const report = Buffer.from("80c900010000000a", "hex");
      expect(viewer.srtcp.decrypt(agent.srtcp.encrypt(report))).toEqual(report);
      expect(agent.srtcp.decrypt(viewer.srtcp.encrypt(report))).toEqual(report);
    },
  );
});
