/**
 * The peer against another WebRTC stack's API: werift's own receiving side stands in for a browser,
 * over real sockets on loopback. The end-to-end tests do the same with Chromium and Firefox.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  useH264,
  useOPUS,
  type RtpPacket,
} from "werift";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, withDeadline } from "../../../agent/base/deadline.ts";
import type {
  IceCandidateInit,
  Peer,
  PeerState,
} from "../../../signaling/webrtc/peer.ts";
import { weriftPeers } from "../../../signaling/webrtc/werift-peer.ts";
import { withChannels } from "../../../signaling/webrtc/werift-remedies.ts";
import { silentLog } from "../../fakes/logs.ts";
import { FakeMediaSource } from "../../fakes/media.ts";

const createPeer = weriftPeers({ clock: systemClock, log: silentLog });

let video: FakeMediaSource;
let audio: FakeMediaSource;
let surround: FakeMediaSource;
let agent: Peer;
let browser: RTCPeerConnection;
let candidates: IceCandidateInit[];
let states: PeerState[];
let input: string[];

beforeEach(() => {
  video = new FakeMediaSource(90_000);
  audio = new FakeMediaSource(48_000);
  surround = new FakeMediaSource(48_000);
  candidates = [];
  states = [];
  input = [];
  agent = createPeer({
    ice: {
      iceServers: [],
      iceTransportPolicy: "all",
      portRange: { min: 41_000, max: 41_100 },
      advertisedAddresses: [],
    },
    video: { codec: "h264", source: video },
    audio: {
      source: audio,
      surround: {
        source: surround,
        channels: 6,
        streams: 4,
        coupledStreams: 2,
        channelMapping: [0, 1, 4, 5, 2, 3],
      },
    },
    listener: {
      onCandidate: (candidate) => {
        if (candidate !== null) candidates.push(candidate);
      },
      onState: (state) => {
        states.push(state);
      },
      onInput: (text) => {
        input.push(text);
      },
    },
  });
  browser = browserWith([useOPUS()]);
});
afterEach(async () => {
  await Promise.all([agent.close(), browser.close()]);
});

function browserWith(audioCodecs: RTCRtpCodecParameters[]): RTCPeerConnection {
  return new RTCPeerConnection({
    codecs: {
      video: [
        useH264({ parameters: "packetization-mode=1;profile-level-id=42e02a" }),
      ],
      audio: audioCodecs,
    },
  });
}

const until = <T>(what: string, attempt: () => T | undefined): Promise<T> =>
  poll(attempt, { everyMs: 10, timeoutMs: 8_000, what });

/** Negotiates and waits for the connection; returns the packets that the browser side receives. */
async function connected(): Promise<{ kind: string; packet: RtpPacket }[]> {
  const received: { kind: string; packet: RtpPacket }[] = [];
  browser.onTrack.subscribe((track) => {
    track.onReceiveRtp.subscribe((packet) => {
      received.push({ kind: track.kind, packet });
    });
  });
  await browser.setRemoteDescription({
    type: "offer",
    sdp: await agent.offer(),
  });
  const answer = await browser.createAnswer();
  browser.onIceCandidate.subscribe((candidate) => {
    if (candidate !== undefined) void agent.addCandidate(candidate.toJSON());
  });
  const described = browser.setLocalDescription(answer);
  await agent.answer(answer.sdp);
  await described;
  let given = 0;
  await until("the connection", () => {
    for (; given < candidates.length; given += 1) {
      const candidate = candidates[given];
      if (candidate !== undefined)
        void browser.addIceCandidate({
          candidate: candidate.candidate,
          sdpMLineIndex: 0,
        });
    }
    return states.includes("connected") && video.sink !== undefined
      ? true
      : undefined;
  });
  return received;
}

describe("the offer", () => {
  test("has H.264 constrained baseline with PLI, FIR, NACK and RTX, and playout delay", async () => {
    const sdp = await agent.offer();
    expect(sdp).toMatch(/a=rtpmap:102 H264\/90000/i);
    expect(sdp).toContain("profile-level-id=42e02a");
    expect(sdp).toMatch(/a=rtcp-fb:102 nack pli/);
    expect(sdp).toMatch(/a=rtcp-fb:102 ccm fir/);
    expect(sdp).toMatch(/a=rtpmap:103 rtx\/90000/i);
    expect(sdp).toContain("playout-delay");
    expect(sdp).toMatch(/a=rtpmap:111 opus\/48000\/2/i);
    expect(sdp).toMatch(/a=rtpmap:63 red\/48000\/2/i);
    expect(sdp).toContain("a=fmtp:63 111/111");
    expect(sdp).toMatch(/^m=audio \d+ \S+ 111 63 112\r$/m);
    expect(sdp).toMatch(/a=rtpmap:112 multiopus\/48000\/6/i);
    expect(sdp).toContain(
      "a=fmtp:112 channel_mapping=0,1,4,5,2,3;coupled_streams=2;num_streams=4",
    );
    expect(sdp).toContain("a=sendonly");
    expect(sdp).not.toContain("a=sendrecv");
  });

  test("comes before the candidates, which keep to the port range", async () => {
    await agent.offer();
    await until("a candidate", () => candidates[0]);
    for (const { candidate } of candidates) {
      const port = Number(candidate.split(" ")[5]);
      expect(port).toBeGreaterThanOrEqual(41_000);
      expect(port).toBeLessThanOrEqual(41_100);
    }
  });
});

describe("a connection", () => {
  test("carries both streams, video from its first key frame on", async () => {
    const received = await connected();
    expect(video.keyFrameRequests).toBe(1);
    const nal = (type: number): string => String.fromCharCode(type, 0x42, 0x43);
    video.send(nal(0x41));
    video.send(nal(0x67), { startsKeyFrame: true, marker: true });
    audio.send("opus");
    await until("both packets", () =>
      received.length >= 2 ? true : undefined,
    );
    const picture = received.find(({ kind }) => kind === "video");
    expect(picture?.packet.payload[0]).toBe(0x67);
    expect(picture?.packet.header).toMatchObject({
      payloadType: 102,
      marker: true,
    });
    expect(received.filter(({ kind }) => kind === "video")).toHaveLength(1);
    const sound = received.find(({ kind }) => kind === "audio");
    expect(sound?.packet.payload.toString()).toBe("opus");
    expect(surround.sink, "nobody took its codec").toBeUndefined();
    expect(agent.stats()).toMatchObject({
      video: { packetsSent: 1, packetsHeldBack: 1 },
      audio: { packetsSent: 1 },
    });
  });

  test("carries all channels, and no others, to a viewer who takes them", async () => {
    browser = browserWith([
      useOPUS(),
      withChannels(
        new RTCRtpCodecParameters({
          mimeType: "audio/multiopus",
          clockRate: 48_000,
          channels: 6,
          payloadType: 112,
        }),
      ),
    ]);
    const received = await connected();
    expect(audio.sink).toBeUndefined();
    surround.send("six channels");
    const { packet } = await until("the packet", () => received[0]);
    expect(packet.payload.toString()).toBe("six channels");
    expect(packet.header.payloadType).toBe(112);
  });

  test("has a lossy channel for motion and a reliable one for the rest; input comes from both", async () => {
    const channels: Record<
      string,
      {
        ordered: boolean;
        maxRetransmits: number | null;
        send: (text: string) => void;
      }
    > = {};
    browser.onDataChannel.subscribe((channel) => {
      channels[channel.label] = {
        ordered: channel.ordered,
        maxRetransmits: channel.maxRetransmits,
        send: (text) => {
          channel.send(text);
        },
      };
    });
    await connected();
    await until("both channels", () =>
      Object.keys(channels).length === 2 ? true : undefined,
    );
    expect(channels["motion"]).toMatchObject({
      ordered: false,
      maxRetransmits: 0,
    });
    expect(channels["input"]).toMatchObject({ ordered: true });
    channels["motion"]?.send("from motion");
    channels["input"]?.send("x".repeat(5_000));
    await until("both messages", () => (input.length === 2 ? true : undefined));
    // What is too long for the protocol arrives as something that cannot be parsed.
    expect(input.toSorted()).toEqual(["", "from motion"]);
  });

  test("is given up within a second, its tracks at once, and closing twice is harmless", async () => {
    await connected();
    await withDeadline(Promise.all([agent.close(), agent.close()]), {
      timeoutMs: 1_500,
      what: "the end of the peer",
    });
    expect(video.sink).toBeUndefined();
    expect(audio.sink).toBeUndefined();
  });
});

describe("nonsense from the viewer", () => {
  test.each(["nonsense", "v=0\r\n"])(
    "as an answer that has no media takes none: %j",
    async (sdp) => {
      await agent.offer();
      await expect(agent.answer(sdp)).resolves.toEqual({
        video: false,
        audio: false,
      });
      expect(video.sink).toBeUndefined();
    },
  );

  test.each(["", "v=0\r\nm=video x"])(
    "as an answer is a failed negotiation that does not quote it: %j",
    async (sdp) => {
      await agent.offer();
      await expect(agent.answer(sdp)).rejects.toMatchObject({
        code: "negotiation-failed",
        message: "the answer does not fit the offer",
      });
      expect(video.sink).toBeUndefined();
    },
  );

  test.each(["", "nonsense", "candidate:", "candidate:1 1 udp x y z typ host"])(
    "as a candidate breaks nothing: %j",
    async (candidate) => {
      await connected();
      await agent
        .addCandidate({ candidate, sdpMLineIndex: 0 })
        .catch((error: unknown) => {
          expect(error).toMatchObject({ code: "negotiation-failed" });
        });
      video.send("key", { startsKeyFrame: true });
      expect(agent.stats().video?.packetsSent).toBe(1);
    },
  );
});
