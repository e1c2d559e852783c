/**
 * Viewers without a screen: WebRTC peers that receive, decrypt and count, in a process of their own so that what
 * they cost is not counted as the sender's. `node receivers.ts`; see `receiver-lines.ts`.
 */
import { createInterface } from "node:readline";
import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  useH264,
  useOPUS,
  useVP8,
  useVP9,
} from "werift";
import { messageOf } from "../../../agent/base/errors.ts";
import type { VideoPipelineCodec } from "../../../encoders/video-encoding.ts";
import type {
  ReceiverCommand,
  ReceiverCounts,
  ReceiverEvent,
} from "./receiver-lines.ts";

const codecParameters: Readonly<
  Record<VideoPipelineCodec, () => RTCRtpCodecParameters>
> = {
  h264: () =>
    useH264({ parameters: "packetization-mode=1;profile-level-id=42e02a" }),
  vp8: () => useVP8(),
  vp9: () => useVP9(),
  h265: () => plain("video/H265"),
  av1: () => plain("video/AV1"),
};

function plain(mimeType: string): RTCRtpCodecParameters {
  return new RTCRtpCodecParameters({
    mimeType,
    clockRate: 90_000,
    rtcpFeedback: [{ type: "nack" }, { type: "nack", parameter: "pli" }],
  });
}

interface Receiver {
  connection: RTCPeerConnection;
  counts: ReceiverCounts;
}

const receivers = new Map<number, Receiver>();

function say(event: ReceiverEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function obey(command: ReceiverCommand): Promise<void> {
  switch (command.type) {
    case "offer":
      await answer(command);
      break;
    case "candidate":
      await receivers
        .get(command.peer)
        ?.connection.addIceCandidate(iceCandidate(command.candidate));
      break;
    case "count":
      say({
        type: "counts",
        counts: [...receivers.values()].map(({ counts }) => counts),
      });
      break;
  }
}

async function answer({
  peer,
  codec,
  sdp,
}: Extract<ReceiverCommand, { type: "offer" }>): Promise<void> {
  const connection = new RTCPeerConnection({
    codecs: { video: [codecParameters[codec]()], audio: [useOPUS()] },
  });
  const counts = { packets: 0, frames: 0, bytes: 0 };
  receivers.set(peer, { connection, counts });
  connection.onTrack.subscribe((track) => {
    if (track.kind !== "video") return;
    track.onReceiveRtp.subscribe(({ header, payload }) => {
      counts.packets += 1;
      counts.bytes += payload.length;
      if (header.marker) counts.frames += 1;
    });
  });
  connection.onIceCandidate.subscribe((candidate) => {
    if (candidate !== undefined)
      say({ type: "candidate", peer, candidate: candidate.toJSON() });
  });
  await connection.setRemoteDescription({ type: "offer", sdp });
  const made = await connection.createAnswer();
  say({ type: "answer", peer, sdp: made.sdp });
  await connection.setLocalDescription(made);
}

function iceCandidate(
  candidate: Extract<ReceiverCommand, { type: "candidate" }>["candidate"],
): Parameters<RTCPeerConnection["addIceCandidate"]>[0] {
  return { candidate: candidate.candidate, sdpMLineIndex: 0 };
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  obey(JSON.parse(line) as ReceiverCommand).catch((error: unknown) => {
    say({ type: "failed", message: messageOf(error) });
  });
});
lines.once("close", () => {
  process.exit(0);
});
say({ type: "ready" });
