import { expect, test } from "vitest";
import { audioCodecDescriptions } from "../../../signaling/webrtc/session-codecs.ts";

test("sound in two channels is offered as Opus alone", () => {
  const names = audioCodecDescriptions().map(({ mimeType }) => mimeType);
  expect(names).toEqual(["audio/opus", "audio/red"]);
});

test("more channels are offered behind it, with the way to decode them", () => {
  const offered = audioCodecDescriptions({
    channels: 6,
    streams: 4,
    coupledStreams: 2,
    channelMapping: [0, 1, 4, 5, 2, 3],
  });
  expect(offered.slice(0, 2)).toEqual(audioCodecDescriptions());
  expect(offered.slice(2)).toEqual([
    {
      mimeType: "audio/multiopus",
      clockRate: 48_000,
      channels: 6,
      payloadType: 112,
      parameters: "channel_mapping=0,1,4,5,2,3;coupled_streams=2;num_streams=4",
    },
  ]);
});
