import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  behindForMs,
  behindMs,
  Watchdog,
  watchdogCheckMs,
} from "../../../../encoders/runners/watchdog.ts";

const stallMs = 1_200;

/** A watchdog that is asked as often as it should be, and a child that sends what a test says. */
class World {
  nowMs = 5_000;
  readonly watchdog: Watchdog;
  verdict: string | undefined;
  #nextCheckMs: number;

  constructor(hasWallClock = true) {
    const { nowMs } = this;
    this.watchdog = new Watchdog({ nowMs, stallMs, hasWallClock });
    this.#nextCheckMs = nowMs + watchdogCheckMs;
  }

  /** Lets `ms` pass, with a check whenever one is due. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.#nextCheckMs <= untilMs) {
      this.nowMs = this.#nextCheckMs;
      this.#nextCheckMs += watchdogCheckMs;
      this.verdict ??= this.watchdog.check(this.nowMs);
    }
    this.nowMs = untilMs;
  }

  /** Nothing is asked, and nothing happens, for `ms`: the agent does not run. */
  freeze(ms: number): void {
    this.nowMs += ms;
    this.#nextCheckMs = this.nowMs + watchdogCheckMs;
    this.verdict ??= this.watchdog.check(this.nowMs);
  }

  /** A packet of media time `mediaMs` arrives now. */
  packet(mediaMs: number): void {
    const timestamp = (Math.round(mediaMs * 90) + 0xffff_0000) >>> 0;
    this.watchdog.onPacket(this.nowMs, timestamp);
  }
}

describe("a child that stands still", () => {
  it("is found within the stall time and one check", () => {
    const world = new World();
    world.packet(0);
    world.pass(stallMs - watchdogCheckMs);
    expect(world.verdict).toBeUndefined();
    world.pass(2 * watchdogCheckMs);
    expect(world.verdict).toMatch(/^no sign of life for 1[23]\d\d ms$/);
  });

  it("is found although it says that it lives", () => {
    const world = new World();
    for (let count = 0; count < 30; count += 1) {
      world.pass(50);
      world.watchdog.onSignOfLife(world.nowMs);
    }
    expect(world.verdict).toMatch(/^damage, but no packet for/);
  });

  it("is none while it says that it has nothing to send", () => {
    const world = new World();
    world.packet(0);
    for (let count = 0; count < 20; count += 1) {
      world.pass(500);
      world.watchdog.onSignOfLife(world.nowMs);
      world.watchdog.onNothingToSend(world.nowMs);
    }
    world.packet(10_000);
    world.pass(stallMs / 2);
    expect(world.verdict).toBeUndefined();
  });

  it.each([400, 2_000, 600_000])(
    "is not blamed for %i ms in which the agent itself did not run",
    (frozenMs) => {
      const world = new World();
      world.packet(0);
      world.pass(300);
      world.freeze(frozenMs);
      expect(world.verdict).toBeUndefined();
      world.packet(300 + frozenMs);
      world.pass(stallMs - watchdogCheckMs);
      expect(world.verdict).toBeUndefined();
    },
  );

  it("is found after such a time as well, when it stays silent", () => {
    const world = new World();
    world.packet(0);
    world.freeze(5_000);
    world.pass(stallMs + watchdogCheckMs);
    expect(world.verdict).toBeDefined();
  });
});

describe("a child that falls behind", () => {
  /** Sends 30 frames a second for `ms`, of a time that advances at `speed`. */
  function send(world: World, ms: number, speed: number, fromMs = 0): number {
    let mediaMs = fromMs;
    for (let at = 0; at < ms; at += 33) {
      world.pass(33);
      mediaMs += 33 * speed;
      world.packet(mediaMs);
    }
    return mediaMs;
  }

  it("is found", () => {
    const world = new World();
    const mediaMs = send(world, 3_000, 1);
    send(world, 4_000, 0.5, mediaMs);
    expect(world.verdict).toMatch(/^it is \d+ ms behind/);
  });

  it("is forgiven when it catches up soon enough", () => {
    const world = new World();
    let mediaMs = send(world, 1_000, 1);
    for (let count = 0; count < 5; count += 1) {
      mediaMs = send(world, behindMs + behindForMs / 2, 0, mediaMs);
      mediaMs = send(world, 300, 1, mediaMs + behindMs + behindForMs / 2);
    }
    expect(world.verdict).toBeUndefined();
  });

  it("is nobody whose time does not follow the clock", () => {
    const world = new World(false);
    send(world, 6_000, 0.2);
    expect(world.verdict).toBeUndefined();
  });

  it("is nobody who is late by less than the bound, whatever the pauses and the wraps of time", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            pauseMs: fc.integer({ min: 1, max: stallMs - 200 }),
            lateMs: fc.integer({ min: 0, max: behindMs - 1 }),
          }),
          { maxLength: 100 },
        ),
        (packets) => {
          const world = new World();
          const startMs = world.nowMs;
          world.packet(0);
          let sentMs = 0;
          for (const { pauseMs, lateMs } of packets) {
            world.pass(pauseMs);
            // Captured up to `lateMs` ago, but never before the last one.
            sentMs = Math.max(sentMs, world.nowMs - startMs - lateMs);
            world.packet(sentMs);
          }
          expect(world.verdict).toBeUndefined();
        },
      ),
    );
  });
});
