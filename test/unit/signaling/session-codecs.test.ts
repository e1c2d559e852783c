import { describe, expect, test } from "vitest";
import {
  audioCodecDescriptions,
  constantExtensions,
  extensionUris,
  videoExtensionUris,
} from "../../../signaling/webrtc/session-codecs.ts";
import { videoCodecs } from "../../../signaling/protocol.ts";

const negotiated = [
  { id: 1, uri: extensionUris.mid },
  { id: 2, uri: extensionUris.colourSpace },
  { id: 3, uri: "urn:unknown" },
];

describe("the extensions of each packet", () => {
  // Primaries, transfer, matrix (ITU-T H.273: 1 is BT.709, 6 is BT.601), then range (1 is limited) in bits 4 and 5.
  test.each([
    ["h264", "01010110"],
    ["vp8", "01010610"],
  ] as const)("name the colours of %s", (codec, bytes) => {
    const extensions = constantExtensions(negotiated, "0", codec);
    expect(extensions.map(({ id }) => id)).toEqual([1, 2]);
    expect(extensions[1]?.value.toString("hex")).toBe(bytes);
  });

  test.each(["vp9", "av1", "h265", undefined] as const)(
    "leave the colours of %s to the bitstream",
    (codec) => {
      const extensions = constantExtensions(negotiated, "0", codec);
      expect(extensions.map(({ id }) => id)).toEqual([1]);
    },
  );

  test.each(videoCodecs)("are offered for %s where there are some", (codec) => {
    const [extension] = constantExtensions(
      [{ id: 2, uri: extensionUris.colourSpace }],
      "0",
      codec,
    );
    expect(videoExtensionUris(codec).includes(extensionUris.colourSpace)).toBe(
      extension !== undefined,
    );
  });
});

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
