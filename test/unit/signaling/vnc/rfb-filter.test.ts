import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { StreamSpaceError } from "../../../../agent/base/errors.ts";
import {
  maxCutTextBytes,
  RfbFilter,
  type RfbRequests,
  type RfbRights,
} from "../../../../signaling/vnc/rfb-filter.ts";
import type { RfbDialect } from "../../../../signaling/vnc/rfb-rules.ts";
import { kasm, rfb } from "../../../fixtures/rfb-messages.ts";

const controller: RfbRights = { input: true, clipboard: true, resize: true };
const viewer: RfbRights = { input: false, clipboard: false, resize: false };

class Requests implements RfbRequests {
  readonly calls: string[] = [];

  onCutText(text: string): void {
    this.calls.push(`cut ${text}`);
  }
  onResize(width: number, height: number): void {
    this.calls.push(`resize ${width}x${height}`);
  }
  onKey(keysym: number, keycode: number, pressed: boolean): void {
    this.calls.push(`key ${keysym} ${keycode} ${pressed ? "down" : "up"}`);
  }
  onPointer(mask: number, x: number, y: number): void {
    this.calls.push(`pointer ${mask} ${x},${y}`);
  }
  onInputEnd(): void {
    this.calls.push("input end");
  }
}

function filterOf(
  dialect: RfbDialect,
  rights: RfbRights | (() => RfbRights),
): { filter: RfbFilter; requests: Requests } {
  const requests = new Requests();
  const filter = new RfbFilter({
    dialect,
    rights: typeof rights === "function" ? rights : () => rights,
    requests,
  });
  return { filter, requests };
}

/** What comes out for `message`, cut at `at`. */
function through(
  dialect: RfbDialect,
  rights: RfbRights,
  message: Buffer,
): { out: Buffer; calls: readonly string[] } {
  const { filter, requests } = filterOf(dialect, rights);
  return { out: Buffer.concat(filter.push(message)), calls: requests.calls };
}

/** `server`: it gets it; `agent`: the agent does it; `both`; `dropped`: it is gone. */
type Fate = "server" | "agent" | "both" | "dropped";

const bytes = (count: number): Buffer => Buffer.alloc(count, 7);

/** Decided one by one. */
const plainTable: readonly [string, Buffer, Fate, Fate][] = [
  ["SetPixelFormat", rfb.setPixelFormat(), "server", "server"],
  ["SetEncodings", rfb.setEncodings(0, 7, -223), "server", "server"],
  ["SetEncodings of none", rfb.setEncodings(), "server", "server"],
  ["update request", rfb.updateRequest(true, 800, 600), "server", "server"],
  ["KeyEvent", rfb.key(0x61, true), "agent", "dropped"],
  ["PointerEvent", rfb.pointer(1, 10, 20), "agent", "dropped"],
  ["cut text", rfb.cutText("grüße"), "agent", "dropped"],
  ["cut text of nothing", rfb.cutText(""), "agent", "dropped"],
  ["extended cut text", rfb.extendedCutText(bytes(9)), "dropped", "dropped"],
  ["continuous updates", rfb.continuousUpdates(800, 600), "server", "server"],
  ["fence", rfb.fence(bytes(8)), "server", "server"],
  ["fence of nothing", rfb.fence(bytes(0)), "server", "server"],
  ["xvp: power switch", rfb.xvp(), "dropped", "dropped"],
  ["SetDesktopSize", rfb.setDesktopSize(640, 480), "both", "dropped"],
  ["QEMU key", rfb.qemuKey(0x61, 30, true), "agent", "dropped"],
];

const kasmTable: readonly [string, Buffer, Fate, Fate][] = [
  ["SetPixelFormat", rfb.setPixelFormat(), "server", "server"],
  ["SetEncodings", rfb.setEncodings(7, -316), "server", "server"],
  ["update request", rfb.updateRequest(false, 1, 1), "server", "server"],
  ["KeyEvent", rfb.key(0x61, true), "server", "dropped"],
  ["PointerEvent", kasm.pointer(1, 10, 20), "server", "dropped"],
  ["cut text, old", rfb.cutText("x"), "dropped", "dropped"],
  ["continuous updates", rfb.continuousUpdates(8, 6), "server", "server"],
  ["RequestStats", kasm.requestStats(), "server", "server"],
  ["FrameStats", kasm.frameStats(), "server", "server"],
  [
    "BinaryClipboard",
    kasm.clipboard(
      { mime: "text/plain", content: bytes(3) },
      { mime: "image/png", content: bytes(300) },
    ),
    ...(["server", "dropped"] as const),
  ],
  ["UpgradeToUdp", kasm.upgradeToUdp(bytes(40)), "dropped", "dropped"],
  ["subscribe to a relay", kasm.subscribeRelay("x"), "dropped", "dropped"],
  ["relay", kasm.relay("x", bytes(200)), "dropped", "dropped"],
  ["KeepAlive", kasm.keepAlive(), "server", "server"],
  ["fence", rfb.fence(bytes(64)), "server", "server"],
  ["SetDesktopSize", rfb.setDesktopSize(640, 480), "both", "dropped"],
  ["SetMaxVideoResolution", kasm.maxVideoResolution(9, 9), "server", "dropped"],
  ["QEMU key", rfb.qemuKey(0x61, 30, true), "server", "dropped"],
];

describe.each([
  ["rfb", plainTable],
  ["kasm", kasmTable],
] as const)("the %s dialect", (dialect, table) => {
  describe.each(table)("%s", (_name, message, forController, forViewer) => {
    it.each([
      ["controller", controller, forController],
      ["viewer", viewer, forViewer],
    ] as const)("of a %s", (_role, rights, fate) => {
      const { out, calls } = through(dialect, rights, message);
      const reachesServer = fate === "server" || fate === "both";
      expect(out).toEqual(reachesServer ? message : Buffer.alloc(0));
      const acts = calls.filter((call) => call !== "input end");
      expect(acts.length).toBe(fate === "agent" || fate === "both" ? 1 : 0);
    });
  });

  it("ends at every type that it does not know", () => {
    const known = new Set(table.map(([, message]) => message[0]));
    for (let type = 0; type < 256; type += 1) {
      if (known.has(type)) continue;
      expect(() => through(dialect, controller, Buffer.from([type]))).toThrow(
        /no message of type/,
      );
    }
  });
});

test("tells the agent what a message says", () => {
  const messages = [
    rfb.key(0x41, true),
    rfb.qemuKey(0xff0d, 28, false),
    rfb.pointer(5, 300, 65_535),
    rfb.setDesktopSize(1_280, 720),
    rfb.cutText("naïve"),
  ];
  const { calls } = through("rfb", controller, Buffer.concat(messages));
  expect(calls).toEqual([
    "key 65 0 down",
    "key 65293 28 up",
    "pointer 5 300,65535",
    "resize 1280x720",
    "cut naïve",
  ]);
});

test.each([
  ["too many encodings", Buffer.from([2, 0, 4, 1])],
  ["too many screens", Buffer.from([251, 0, 0, 1, 0, 1, 17, 0])],
  ["a fence that is too long", Buffer.from([248, 0, 0, 0, 0, 0, 0, 0, 65])],
  ["QEMU's audio", Buffer.from([255, 1])],
])("ends at %s", (_name, message) => {
  expect(() => through("rfb", viewer, message)).toThrow(StreamSpaceError);
});

test("withholds encodings that bring clipboard, audio, power switch and other pointer events", () => {
  const extendedClipboard = 0xc0a1e5ce | 0;
  const asked = rfb.setEncodings(
    ...[7, extendedClipboard, -316, -259, -309, -305, -239],
  );
  const { out } = through("rfb", controller, asked);
  expect(out).toEqual(rfb.setEncodings(7, -239));
});

test("takes over text up to its bound, and drops longer text without holding it", () => {
  const { filter, requests } = filterOf("rfb", controller);
  filter.push(rfb.cutText("x".repeat(maxCutTextBytes)));
  filter.push(rfb.cutText("y".repeat(maxCutTextBytes + 1)));
  filter.push(rfb.cutText("next"));
  expect(requests.calls.map((call) => call.length)).toEqual([
    ...[maxCutTextBytes + 4, 8],
  ]);
});

test("asks for rights at each message, and ends input that may go on no more", () => {
  let rights = controller;
  const { filter, requests } = filterOf("rfb", () => rights);
  filter.push(rfb.key(0x61, true));
  rights = viewer;
  filter.push(rfb.key(0x61, false));
  expect(requests.calls).toEqual(["key 97 0 down", "input end"]);
  expect(filter.dropped).toBe(1);
});

describe("what a client of KasmVNC holds", () => {
  it("is released when it leaves", () => {
    const { filter } = filterOf("kasm", controller);
    filter.push(rfb.key(0x61, true));
    filter.push(rfb.key(0x62, true));
    filter.push(rfb.key(0x62, false));
    filter.push(rfb.qemuKey(0xffe1, 42, true));
    filter.push(kasm.pointer(0x101, 5, 6));
    expect(Buffer.concat(filter.releases())).toEqual(
      Buffer.concat([
        rfb.key(0x61, false),
        rfb.qemuKey(0xffe1, 42, false),
        kasm.pointer(0, 5, 6),
      ]),
    );
    expect(filter.releases()).toEqual([]);
  });

  it("is released when it may act no more", () => {
    let rights = controller;
    const { filter } = filterOf("kasm", () => rights);
    filter.push(rfb.key(0x61, true));
    rights = viewer;
    expect(Buffer.concat(filter.push(rfb.key(0x61, false)))).toEqual(
      rfb.key(0x61, false),
    );
  });

  it("is not released in the middle of another message", () => {
    const { filter } = filterOf("kasm", controller);
    filter.push(rfb.key(0x61, true));
    filter.push(
      kasm.clipboard({ mime: "a/b", content: bytes(10) }).subarray(0, 12),
    );
    expect(filter.releases()).toEqual([]);
  });
});

const messages: Readonly<Record<RfbDialect, fc.Arbitrary<Buffer>>> = {
  rfb: fc.constantFrom(...plainTable.map(([, message]) => message)),
  kasm: fc.constantFrom(...kasmTable.map(([, message]) => message)),
};
const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

/** Pushes `stream` in pieces of these sizes, again and again. */
function inPieces(
  filter: RfbFilter,
  stream: Buffer,
  sizes: readonly number[],
): Buffer {
  const out: Buffer[] = [];
  for (let offset = 0, index = 0; offset < stream.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    // A buffer of its own that is changed afterwards, as a socket's may be.
    const piece = Buffer.from(stream.subarray(offset, offset + size));
    out.push(...filter.push(piece).map((each) => Buffer.from(each)));
    piece.fill(0);
    offset += size;
  }
  return Buffer.concat(out);
}

describe.each(["rfb", "kasm"] as const)("any stream of %s", (dialect) => {
  const stream = fc
    .array(messages[dialect], { maxLength: 12 })
    .map((all) => Buffer.concat(all));

  it.each([
    ["controller", controller],
    ["viewer", viewer],
  ] as const)(
    "of a %s is cut anywhere with the same result",
    (_name, rights) => {
      fc.assert(
        fc.property(stream, pieces, (whole, sizes) => {
          const once = through(dialect, rights, whole);
          const { filter, requests } = filterOf(dialect, rights);
          expect(inPieces(filter, whole, sizes)).toEqual(once.out);
          expect(requests.calls).toEqual(once.calls);
        }),
      );
    },
  );

  it("of a viewer lets through what a controller's filter knows for looking alone", () => {
    fc.assert(
      fc.property(stream, (whole) => {
        const { out } = through(dialect, viewer, whole);
        const again = filterOf(dialect, viewer);
        expect(Buffer.concat(again.filter.push(out))).toEqual(out);
        expect(again.filter.dropped).toBe(0);
      }),
    );
  });

  it("that is no RFB ends with one documented error, and never grows", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 4_000 }),
        pieces,
        (noise, sizes) => {
          const { filter, requests } = filterOf(dialect, viewer);
          try {
            const out = inPieces(filter, Buffer.from(noise), sizes);
            expect(out.length).toBeLessThanOrEqual(noise.length);
          } catch (error) {
            expect(error).toMatchObject({ code: "bad-message" });
          }
          const acts = requests.calls.filter((call) => call !== "input end");
          expect(acts).toEqual([]);
        },
      ),
    );
  });
});
