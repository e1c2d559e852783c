import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Quality, sendableWish } from "../../../client/src/quality.ts";
import { BulkChannel } from "../../../signaling/protocol/bulk-channel.ts";
import type { QualityWish } from "../../../signaling/protocol/quality.ts";
import {
  parseClientMessage,
  type ClientMessage,
} from "../../../signaling/protocol.ts";

describe("a wish", () => {
  it.each([
    [{ maxFps: 29.97 }, { maxFps: 30 }],
    [{ maxBps: 1_234_567.8 }, { maxBps: 1_234_568 }],
    [{ maxBps: 50_000 }, { maxBps: 100_000 }],
    [{ maxFps: 0 }, { maxFps: 1 }],
    [{ maxFps: 1_000 }, { maxFps: 240 }],
    [{ maxBps: undefined, maxFps: 60 }, { maxFps: 60 }],
    [{}, {}],
  ])("of %j is sent as %j", (wish, sent) => {
    expect(sendableWish(wish)).toEqual(sent);
  });

  it("of any finite numbers is one that the agent takes", () => {
    const number = fc.option(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      {
        nil: undefined,
      },
    );
    fc.assert(
      fc.property(number, number, (maxBps, maxFps) => {
        const wish = sendableWish({ maxBps, maxFps });
        const message = JSON.stringify({ type: "quality", ...wish });
        expect(parseClientMessage(message).ok).toBe(true);
      }),
    );
  });

  it.each([
    [{ maxBps: Infinity }, RangeError],
    [{ maxFps: NaN }, RangeError],
    [{ maxFps: "30" }, TypeError],
    [{ maxBps: null }, TypeError],
    ["low", TypeError],
    [null, TypeError],
    [undefined, TypeError],
  ])("that is nonsense is thrown back: %j", (wish, error) => {
    expect(() => sendableWish(wish as QualityWish)).toThrow(error);
  });
});

it("one that was thrown back leaves the one before, also for the next connection", () => {
  const sent: ClientMessage[] = [];
  const quality = new Quality({ maxFps: 30 });
  const nothing = { sendFrame: () => undefined, sendMessage: () => undefined };
  const open = (): void => {
    quality.onOpen({
      viewerId: "me",
      role: "controller",
      send: (message) => sent.push(message),
      bulk: new BulkChannel("viewer", nothing),
    });
  };
  open();
  expect(() => {
    quality.set({ maxFps: NaN });
  }).toThrow(RangeError);
  quality.onClosed();
  open();
  const wish = { type: "quality", maxFps: 30 };
  expect(sent).toEqual([wish, wish]);
});
