import { mkdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { StreamSpaceError } from "../../../../agent/base/errors.ts";
import { localDisplayNumber } from "../../../../encoders/host/local-display.ts";
import { parseSetup, setupRequest } from "../../../../encoders/host/x-setup.ts";
import { XWire, type XError } from "../../../../encoders/host/x-wire.ts";
import {
  readConfigure,
  readDamageArea,
  shmGetImage,
} from "../../../../encoders/host/x-requests.ts";

/** A server's answer with one screen of 1280 × 720, 24 bits deep. */
function acceptedSetup(options: { blueMask?: number } = {}): Buffer {
  const vendor = Buffer.from("test", "latin1");
  const answer = Buffer.alloc(40 + vendor.length + 8 + 40 + 8 + 24);
  answer[0] = 1;
  answer.writeUInt16LE(11, 2);
  answer.writeUInt16LE((answer.length - 8) / 4, 6);
  answer.writeUInt32LE(0x0020_0000, 12);
  answer.writeUInt16LE(vendor.length, 24);
  answer[28] = 1;
  answer[29] = 1;
  vendor.copy(answer, 40);
  const format = 44;
  answer[format] = 24;
  answer[format + 1] = 32;
  const screen = format + 8;
  answer.writeUInt32LE(0x123, screen);
  answer.writeUInt16LE(1280, screen + 20);
  answer.writeUInt16LE(720, screen + 22);
  answer.writeUInt32LE(0x21, screen + 32);
  answer[screen + 38] = 24;
  answer[screen + 39] = 1;
  const depth = screen + 40;
  answer[depth] = 24;
  answer.writeUInt16LE(1, depth + 2);
  const visual = depth + 8;
  answer.writeUInt32LE(0x21, visual);
  answer.writeUInt32LE(0xff_00_00, visual + 8);
  answer.writeUInt32LE(0xff_00, visual + 12);
  answer.writeUInt32LE(options.blueMask ?? 0xff, visual + 16);
  return answer;
}

describe("the setup of a connection", () => {
  it("sends the cookie, padded", () => {
    const request = setupRequest({
      name: "MIT-MAGIC-COOKIE-1",
      data: "\x07".repeat(16),
    });
    expect(request.toString("hex")).toBe(
      `6c000b000000120010000000${Buffer.from("MIT-MAGIC-COOKIE-1").toString("hex")}0000${"07".repeat(16)}`,
    );
  });

  it("reads root, size and pixels", () => {
    expect(parseSetup(acceptedSetup())).toEqual({
      resourceBase: 0x0020_0000,
      root: 0x123,
      size: { width: 1280, height: 720 },
      isBgrx: true,
    });
  });

  it("sees that pixels are of another kind", () => {
    expect(parseSetup(acceptedSetup({ blueMask: 0x1f })).isBgrx).toBe(false);
  });

  it("passes on why the server refuses", () => {
    const answer = Buffer.from(
      "\0\x09\x0b\0\0\0\x03\0go away!!\0\0\0",
      "latin1",
    );
    expect(() => parseSetup(answer)).toThrow(/refuses.*go away/);
  });

  it("does not trust lengths", () => {
    const answer = acceptedSetup();
    answer.writeUInt16LE(60_000, 24);
    expect(() => parseSetup(answer)).toThrow(/cut short/);
  });
});

describe("the name of a display", () => {
  it.each([
    [":7", 7],
    [":7.0", 7],
    ["unix:12", 12],
    ["unix/:12", 12],
  ])("%s is display %d", (display, number) => {
    expect(localDisplayNumber(display)).toBe(number);
  });

  it.each(["host:7", ":7.1", "7", "", ":99999999"])(
    "%j is no display on this machine",
    (display) => {
      expect(() => localDisplayNumber(display)).toThrow(/this machine/);
    },
  );
});

/** An X server that says what the test wants, a byte at a time. */
async function fakeServer(
  displayNumber: number,
  speak: (socket: Socket) => Promise<void>,
): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      void speak(socket);
    });
  });
  // A machine on which no X server ever ran has no such folder; the mode is what Xvfb gives it.
  mkdirSync("/tmp/.X11-unix", { recursive: true, mode: 0o1777 });
  await new Promise<void>((resolve) => {
    server.listen(`/tmp/.X11-unix/X${displayNumber}`, resolve);
  });
  return server;
}

async function writeByteByByte(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    socket.write(Buffer.of(byte));
    await new Promise(setImmediate);
  }
}

function unit(type: number, sequence: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes[0] = type;
  bytes.writeUInt16LE(sequence, 2);
  return bytes;
}

describe("the stream of an X server", () => {
  it("is cut into replies, errors and events however it arrives, and its end is told once", async () => {
    const displayNumber = 50_000 + (process.pid % 9_000);
    const reply = Buffer.concat([unit(1, 1), Buffer.alloc(8, 9)]);
    reply.writeUInt32LE(2, 4);
    const failure = unit(0, 2);
    failure[1] = 8;
    const server = await fakeServer(displayNumber, async (socket) => {
      await writeByteByByte(socket, acceptedSetup());
      await writeByteByByte(socket, unit(91, 0));
      await writeByteByByte(socket, reply);
      await writeByteByByte(socket, Buffer.concat([failure, unit(92, 2)]));
      socket.end();
    });
    const seen: string[] = [];
    const error = await new Promise<StreamSpaceError>((resolve) => {
      const wire = new XWire({
        displayNumber,
        cookie: { name: "", data: "" },
        handler: {
          onSetup: (setup) => {
            seen.push(`setup ${setup.size.width}`);
            const handler = {
              onReply: (bytes: Buffer) => seen.push(`reply ${bytes.length}`),
              onError: (answer: XError) => seen.push(`error ${answer.code}`),
            };
            wire.send(Buffer.alloc(4), handler);
            wire.send(Buffer.alloc(4), handler);
          },
          onEvent: (event) => seen.push(`event ${event[0] ?? 0}`),
          onReadEnd: () => undefined,
          onError: () => seen.push("unexpected"),
          onClosed: resolve,
        },
      });
    });
    server.close();
    expect(error.code).toBe("display-unreachable");
    expect(seen).toEqual([
      "setup 1280",
      "event 91",
      "reply 40",
      "error 8",
      "event 92",
    ]);
  });
});

describe("requests and events", () => {
  it("ask for rows of pixels at their place in the segment", () => {
    const request = shmGetImage(
      { majorOpcode: 130, firstEvent: 0 },
      {
        drawable: 0x123,
        area: { x: 0, y: 16, width: 640, height: 32 },
        segment: 0x200001,
        offset: 40_960,
      },
    );
    expect(request.toString("hex")).toBe(
      "820408002301000000001000800220 00ffffffff020000000100200000a00000".replace(
        " ",
        "",
      ),
    );
  });

  it("read what was damaged, and the new size of a window", () => {
    const event = unit(91, 0);
    event.writeInt16LE(-3, 16);
    event.writeInt16LE(4, 18);
    event.writeUInt16LE(50, 20);
    event.writeUInt16LE(60, 22);
    expect(readDamageArea(event)).toEqual({
      x: -3,
      y: 4,
      width: 50,
      height: 60,
    });
    event.writeUInt32LE(0x123, 8);
    expect(readConfigure(event)).toEqual({
      window: 0x123,
      width: 50,
      height: 60,
    });
  });
});
