import { describe, expect, it } from "vitest";
import { KeyFrameNeed } from "../../../signaling/webrtc/key-frame-need.ts";

/** A viewer to whom packet 7 was sent at 0 ms. */
function viewer(reported: number | undefined): KeyFrameNeed {
  const need = new KeyFrameNeed();
  need.onSent(7, 0);
  if (reported !== undefined) need.onReport(reported);
  return need;
}

describe("a request for a key frame", () => {
  it("is answered while frames flow, and soon after", () => {
    expect(viewer(7).onRequest(10)).toBe(true);
    expect(viewer(7).onRequest(2_400)).toBe(true);
  });

  it("is answered before anything was sent", () => {
    expect(new KeyFrameNeed().onRequest(10_000)).toBe(true);
  });

  it("is not answered after a pause where the viewer has all there is", () => {
    expect(viewer(7).onRequest(3_000)).toBe(false);
    // The number of cycles is above the sixteen bits of the sequence number.
    expect(viewer(3 * 65_536 + 7).onRequest(3_000)).toBe(false);
  });

  it("is answered after a pause where the end of it is not known to have arrived", () => {
    expect(viewer(6).onRequest(3_000)).toBe(true);
    expect(viewer(undefined).onRequest(3_000)).toBe(true);
  });

  it("is answered when it is repeated as a receiver in need does", () => {
    const need = viewer(7);
    expect(need.onRequest(3_000)).toBe(false);
    expect(need.onRequest(3_200)).toBe(true);
  });

  it("is not answered when libwebrtc's timer asks again", () => {
    const need = viewer(7);
    expect([3_000, 6_000, 9_000].map((at) => need.onRequest(at))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
