import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  flowLimits,
  SocketFlow,
} from "../../../../signaling/socket-media/flow.ts";

/** A path that delivers `bytesPerMs` after `delayMs`, and a stream of frames that goes over it. */
class World {
  readonly flow = new SocketFlow();
  nowMs = 1_000;
  sent = 0;
  dropped = 0;
  refreshes = 0;
  #sequence = 0;
  #isKeyFrameDue = true;
  #path: { sequence: number; arrivesMs: number }[] = [];
  #freeMs = 0;
  largestBytes = 0;

  bytesPerMs: number;
  readonly delayMs: number;

  constructor(bytesPerMs: number, delayMs = 10) {
    this.bytesPerMs = bytesPerMs;
    this.delayMs = delayMs;
  }

  /** One frame of `bytes`, then `ms` in which what arrives is acknowledged. */
  frame(bytes: number, ms = 16): void {
    const verdict = this.flow.judgeVideo(this.nowMs, this.#isKeyFrameDue);
    if (verdict === "send") {
      this.#isKeyFrameDue = false;
      const sequence = this.#sequence++;
      this.flow.onSent(this.nowMs, sequence, bytes);
      this.#freeMs =
        Math.max(this.#freeMs, this.nowMs) + bytes / this.bytesPerMs;
      this.#path.push({ sequence, arrivesMs: this.#freeMs + this.delayMs });
      this.sent += 1;
    } else this.dropped += 1;
    if (verdict === "drop-and-refresh") this.#refresh();
    this.largestBytes = Math.max(this.largestBytes, this.flow.bytes);
    this.pass(ms);
  }

  pass(ms: number): void {
    this.nowMs += ms;
    while ((this.#path[0]?.arrivesMs ?? Infinity) <= this.nowMs) {
      const { sequence } = this.#path.shift() ?? { sequence: -1 };
      if (this.flow.onAck(this.nowMs, sequence)) this.#refresh();
    }
  }

  #refresh(): void {
    this.refreshes += 1;
    this.#isKeyFrameDue = true;
  }
}

describe("a path that takes the stream", () => {
  it("drops nothing, at any round trip", () => {
    for (const delayMs of [1, 50, 400]) {
      const world = new World(10_000, delayMs);
      for (let count = 0; count < 300; count += 1) world.frame(12_000);
      expect(world).toMatchObject({ dropped: 0, refreshes: 0 });
      expect(world.flow.targetBps).toBeUndefined();
    }
  });

  it("begins with a key frame, and asks for one that is missing", () => {
    const flow = new SocketFlow();
    expect(flow.judgeVideo(0, false)).toBe("drop-and-refresh");
    expect(flow.judgeVideo(1, true)).toBe("send");
    expect(flow.judgeVideo(2, false)).toBe("send");
    flow.reset();
    expect(flow.judgeVideo(3, false)).toBe("drop-and-refresh");
  });
});

describe("a path that is too slow", () => {
  it("never has more under way than the bound and one frame", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 2_000, noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.integer({ min: 200, max: 120_000 }), {
          minLength: 50,
          maxLength: 300,
        }),
        (bytesPerMs, delayMs, frames) => {
          const world = new World(bytesPerMs, delayMs);
          for (const bytes of frames) world.frame(bytes);
          expect(world.largestBytes).toBeLessThanOrEqual(
            flowLimits.maxBytes + Math.max(...frames),
          );
        },
      ),
    );
  });

  it("is sent what it takes: the rate falls below it, and the picture goes on", () => {
    const world = new World(250); // 2 Mbit/s
    for (let count = 0; count < 600; count += 1) {
      const bps = Math.min(world.flow.targetBps ?? 6_000_000, 6_000_000);
      world.frame(bps / 8 / 60);
    }
    expect(world.flow.targetBps).toBeLessThan(2_500_000);
    expect(world.sent).toBeGreaterThan(300);
    expect(world.refreshes).toBeGreaterThan(0);
  });

  it("gets its rate back when it takes more again", () => {
    const world = new World(250);
    for (let count = 0; count < 300; count += 1) world.frame(12_500);
    const lowBps = world.flow.targetBps ?? Infinity;
    world.bytesPerMs = 10_000;
    world.pass(10_000);
    for (let count = 0; count < 1_200; count += 1) world.frame(4_000);
    expect(world.flow.targetBps ?? Infinity).toBeGreaterThan(2 * lowBps);
  });
});

it("counts a frame that nobody acknowledges as a viewer who is behind, sound too", () => {
  const flow = new SocketFlow();
  flow.onSent(0, 0, 500);
  expect(flow.judgeAudio(flowLimits.maxLagMs)).toBe("send");
  // Of a path whose round trip is not known, a second may pass before.
  expect(flow.judgeAudio(flowLimits.maxLagMs + 1_001)).toBe("drop");
  expect(flow.judgeVideo(5_000, true)).toBe("drop");
  expect(flow.onAck(5_001, 7)).toBe(false);
  expect(flow.onAck(5_001, 0)).toBe(true);
  expect(flow.judgeVideo(5_002, true)).toBe("send");
});
