/**
 * What a child may send, and what becomes of one that sends something else: real children, which say what a test wants.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ChildSpawner,
  type ExitReason,
} from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import type { StreamSpaceError } from "../../../agent/base/errors.ts";
import { startsH264KeyFrame } from "../../../encoders/key-frames.ts";
import { frameRtp } from "../../../encoders/rtp-framing.ts";
import { RtpSource } from "../../../encoders/rtp-source.ts";
import { RtpChild } from "../../../encoders/runners/rtp-child.ts";
import { strayLimit } from "../../../encoders/runners/rtp-intake.ts";

class Child extends RtpChild {
  requestKeyFrame(): void {
    // It would not understand.
  }

  protected override startFailure(reason: ExitReason): StreamSpaceError {
    return this.endedEarly(reason);
  }
}

function rtp(options: { ssrc?: number; isKey?: boolean } = {}): Buffer {
  const packet = Buffer.alloc(20);
  packet[0] = 0x80;
  packet[1] = 96;
  packet.writeUInt32BE(options.ssrc ?? 7, 8);
  packet[12] = options.isKey === true ? 0x67 : 0x41;
  return packet;
}

const key = rtp({ isKey: true });
const delta = rtp();
const foreign = rtp({ ssrc: 8 });

let spawner: ChildSpawner;
let source: RtpSource;
let heard: string[];
beforeEach(() => {
  spawner = new ChildSpawner();
  source = new RtpSource({
    clock: systemClock,
    startsKeyFrame: startsH264KeyFrame,
  });
  heard = [];
  source.subscribe({
    onPacket: (_packet, isKey) => heard.push(isKey ? "key" : "delta"),
    onSenderReport: () => heard.push("report"),
    onReset: () => heard.push("reset"),
  });
});
afterEach(async () => {
  await Promise.all([...spawner.children].map((child) => child.close()));
});

/** A child that sends each of `pieces`, half a second apart, and then lives on. */
async function childSending(...pieces: Buffer[][]): Promise<Child> {
  const child = await spawner.spawn({
    name: "speaker",
    file: process.execPath,
    args: [
      "-e",
      `const { writeSync } = require("node:fs");
       const pieces = ${JSON.stringify(pieces.map((packets) => Buffer.concat(packets.map(frameRtp)).toString("base64")))};
       pieces.forEach((piece, index) => setTimeout(() => writeSync(3, Buffer.from(piece, "base64")), 500 * index));
       setInterval(() => undefined, 60_000);`,
    ],
    extraPipes: 1,
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
  });
  return new Child(child, { source, clock: systemClock, stallMs: 5_000 });
}

/** A child that sends `packet` as fast as it is read. */
async function childRepeating(packet: Buffer): Promise<Child> {
  const child = await spawner.spawn({
    name: "repeater",
    file: process.execPath,
    args: [
      "-e",
      `const { writeSync } = require("node:fs");
       const packet = Buffer.from("${frameRtp(packet).toString("base64")}", "base64");
       const many = Buffer.concat(Array.from({ length: 2_000 }, () => packet));
       for (;;) writeSync(3, many);`,
    ],
    extraPipes: 1,
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
  });
  return new Child(child, { source, clock: systemClock, stallMs: 5_000 });
}

const start = { timeoutMs: 5_000, signal: new AbortController().signal };

async function until(what: string, condition: () => boolean): Promise<void> {
  await poll(() => condition() || undefined, {
    everyMs: 5,
    timeoutMs: 5_000,
    what,
  });
}

describe("a child", () => {
  it("attaches with its first key frame; what came before is nobody's", async () => {
    const child = await childSending([delta, delta, key, delta]);
    await child.untilFirstPacket(start);
    expect(heard).toEqual(["reset", "key", "delta"]);
  });

  it("may send a few frames that are not its own, which reach nobody", async () => {
    const child = await childSending([
      key,
      ...Array.from({ length: strayLimit - 1 }, () => foreign),
      delta,
    ]);
    await child.untilFirstPacket(start);
    expect(heard).toEqual(["reset", "key", "delta"]);
    await sleep(100);
    expect(spawner.children.size).toBe(1);
  });

  it.each([
    ["of another source", foreign],
    ["without a content", Buffer.alloc(0)],
    ["of noise", Buffer.alloc(90, 0x5a)],
    ["of reports by somebody else", Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 9])],
  ])("that sends frames %s is ended for it", async (_what, frame) => {
    const child = await childSending(
      [key],
      Array.from({ length: strayLimit }, () => frame),
    );
    await child.untilFirstPacket(start);
    await expect(
      withDeadline(child.exited, { timeoutMs: 5_000, what: "the end" }),
    ).resolves.toMatchObject({ kind: "garbage" });
    expect(heard).toEqual(["reset", "key"]);
  });

  it("that sends without end is ended for it, and does not keep the agent busy", async () => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    const child = await childRepeating(key);
    await child.untilFirstPacket(start);
    delay.enable();
    await expect(
      withDeadline(child.exited, { timeoutMs: 2_000, what: "the end" }),
    ).resolves.toMatchObject({
      kind: "garbage",
      what: expect.stringContaining("of RTP in a second") as string,
    });
    delay.disable();
    // Nanoseconds.
    expect(delay.max / 1e6).toBeLessThan(300);
    expect(heard.length).toBeLessThan(13_000);
  });

  it("that says goodbye and stays is ended", async () => {
    // An empty receiver report of source 7, and its BYE.
    const goodbye = Buffer.from("80c900010000000781cb000100000007", "hex");
    const child = await childSending([key], [goodbye]);
    await child.untilFirstPacket(start);
    await expect(
      withDeadline(child.exited, { timeoutMs: 5_000, what: "the end" }),
    ).resolves.toEqual({
      kind: "stalled",
      what: "its stream has ended, and it has not",
    });
  });

  it("that sends noise in place of its first packet does not start, and disturbs nobody", async () => {
    const first = await childSending([key]);
    await first.untilFirstPacket(start);
    const noise = Array.from({ length: 200 }, () => Buffer.alloc(300, 0xff));
    const second = await childSending(noise);
    await expect(second.untilFirstPacket(start)).rejects.toMatchObject({
      code: "child-exited",
      message: expect.stringContaining("garbage") as string,
    });
    expect(heard).toEqual(["reset", "key"]);
  });

  it("that is being closed takes nothing over, whatever is still in its pipe", async () => {
    const first = await childSending([key], [], [delta]);
    await first.untilFirstPacket(start);
    const second = await childSending([key, delta]);
    // Read only once the end has been asked for: the packets wait in the pipe until then.
    const [, other] = spawner.children;
    other?.pipe(3).pause();
    await sleep(300);
    const closing = second.close();
    other?.pipe(3).resume();
    await closing;
    await until("the first one's next packet", () => heard.length > 2);
    expect(heard).toEqual(["reset", "key", "delta"]);
  });
});
