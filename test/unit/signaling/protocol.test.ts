import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  closeCodes,
  limits,
  parseClientMessage,
  parseInputMessage,
  parseServerMessage,
  type ClientMessage,
} from "../../../signaling/protocol.ts";

const sequence = fc.nat();
const coordinate = fc.integer({ min: -32_768, max: 32_767 });
const notches = fc.integer({ min: -20, max: 20 });
const place = { seq: sequence, x: coordinate, y: coordinate };

const inputMessage = fc.oneof(
  fc.record({ type: fc.constant("motion" as const), ...place }),
  fc.record({
    type: fc.constant("button" as const),
    button: fc.constantFrom(1, 2, 3, 8, 9),
    pressed: fc.boolean(),
    ...place,
  }),
  fc.record({
    type: fc.constant("wheel" as const),
    dx: notches,
    dy: notches,
    ...place,
  }),
  fc.record({
    type: fc.constant("key" as const),
    seq: sequence,
    keysym: fc.integer({ min: 1, max: 0x1fff_ffff }),
    code: fc.string({ maxLength: 32 }),
    pressed: fc.boolean(),
  }),
  fc.record({ type: fc.constant("release-all" as const), seq: sequence }),
);
const clientMessage = fc.oneof(
  inputMessage,
  fc.record({
    type: fc.constant("hello" as const),
    version: fc.nat({ max: 1_000_000 }),
    token: fc.string({ maxLength: 1_024 }),
    videoCodecs: fc.subarray(["h264", "vp8"] as const),
  }),
  fc.record({
    type: fc.constant("answer" as const),
    negotiation: sequence,
    sdp: fc.string({ maxLength: 1_000 }),
  }),
  fc.record({
    type: fc.constant("candidate" as const),
    negotiation: sequence,
    candidate: fc.option(
      fc.record(
        {
          candidate: fc.string({ maxLength: 1_024 }),
          sdpMid: fc.option(fc.string({ maxLength: 64 })),
          sdpMLineIndex: fc.option(fc.nat({ max: 64 })),
          usernameFragment: fc.option(fc.string({ maxLength: 256 })),
        },
        { requiredKeys: ["candidate"] },
      ),
    ),
  }),
  fc.record({ type: fc.constant("restart" as const) }),
  fc.record({
    type: fc.constantFrom("ping" as const, "pong" as const),
    id: sequence,
  }),
);

describe("valid messages", () => {
  test("come through as they were sent", () => {
    fc.assert(
      fc.property(clientMessage, (message) => {
        expect(parseClientMessage(JSON.stringify(message))).toEqual({
          ok: true,
          message: JSON.parse(JSON.stringify(message)) as unknown,
        });
      }),
    );
  });

  test("of the input kind are the same on a data channel", () => {
    fc.assert(
      fc.property(inputMessage, (message) => {
        const text = JSON.stringify(message);
        expect(parseInputMessage(text)).toEqual(parseClientMessage(text));
      }),
    );
  });

  test("of another kind are refused on a data channel", () => {
    const text = JSON.stringify({ type: "restart" });
    expect(parseClientMessage(text).ok).toBe(true);
    expect(parseInputMessage(text).ok).toBe(false);
  });

  test("of the agent may carry fields that a page does not know yet", () => {
    const pong = { type: "screen", width: 1, height: 2, future: true };
    expect(parseServerMessage(JSON.stringify(pong))).toEqual({
      ok: true,
      message: { type: "screen", width: 1, height: 2 },
    });
  });
});

describe("whatever arrives", () => {
  const parsers = [parseClientMessage, parseInputMessage, parseServerMessage];

  test("never makes a parser throw", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 400 }), fc.json()),
        (text) => {
          for (const parse of parsers) {
            const parsed = parse(text);
            if (!parsed.ok) expect(parsed.error.length).toBeLessThan(400);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("gets an error, when one field of a valid message is something else", () => {
    const broken = fc
      .tuple(
        clientMessage,
        fc.nat(),
        fc.constantFrom({}, [[]], -1.5, "\u0000\u0001".repeat(40_000)),
      )
      .map(([message, at, value]) => {
        const names = Object.keys(message);
        return { ...message, [names[at % names.length] ?? "type"]: value };
      });
    fc.assert(
      fc.property(broken, (message) => {
        expect(parseClientMessage(JSON.stringify(message)).ok).toBe(false);
      }),
    );
  });

  test("never comes back in the error: it may be a token or typed text", () => {
    const secret = fc
      .stringMatching(/^[a-z]{12,40}$/)
      .map((text) => `s3cr3t${text}`);
    fc.assert(
      fc.property(
        secret,
        fc.constantFrom(...clientMessageTypes),
        (value, type) => {
          const hello = { type: "hello", version: 1, videoCodecs: [] };
          for (const text of [
            value,
            `{"token":"${value}`,
            `{"type":"hello","token":"${value}",}`,
            JSON.stringify(value),
            JSON.stringify({ type: value }),
            JSON.stringify({ type, token: value }),
            JSON.stringify({ ...hello, token: [value] }),
            JSON.stringify({ ...hello, token: value, version: value }),
            JSON.stringify({ ...hello, token: value, videoCodecs: [value] }),
            JSON.stringify({
              type: "key",
              seq: 1,
              keysym: value,
              code: "A",
              pressed: true,
            }),
            JSON.stringify({
              type: "button",
              seq: 1,
              button: value,
              pressed: true,
              x: 1,
              y: 1,
            }),
          ]) {
            const parsed = parseClientMessage(text);
            expect(parsed.ok).toBe(false);
            if (!parsed.ok) expect(parsed.error).not.toContain(value);
          }
        },
      ),
    );
  });

  const clientMessageTypes: ClientMessage["type"][] = [
    "answer",
    "candidate",
    "restart",
    "motion",
  ];
});

describe("bounds", () => {
  const motion = { type: "motion", seq: 1, x: 0, y: 0 };
  const key = { type: "key", seq: 1, keysym: 65, code: "KeyA", pressed: true };
  const hello = {
    type: "hello",
    version: 1,
    token: "t",
    videoCodecs: ["h264"],
  };
  const wheel = { type: "wheel", seq: 1, dx: 0, dy: 0, x: 0, y: 0 };
  test.each([
    {
      what: "a coordinate within INT16",
      message: { ...motion, x: 32_767 },
      ok: true,
    },
    {
      what: "a coordinate beyond INT16",
      message: { ...motion, x: 32_768 },
      ok: false,
    },
    {
      what: "a coordinate below INT16",
      message: { ...motion, y: -32_769 },
      ok: false,
    },
    { what: "half a pixel", message: { ...motion, y: 0.5 }, ok: false },
    {
      what: "a negative sequence number",
      message: { ...motion, seq: -1 },
      ok: false,
    },
    {
      what: "the largest safe sequence number",
      message: { ...motion, seq: 2 ** 53 - 1 },
      ok: true,
    },
    {
      what: "a sequence number beyond it",
      message: { ...motion, seq: 2 ** 53 },
      ok: false,
    },
    { what: "an unknown field", message: { ...motion, z: 1 }, ok: false },
    {
      what: "the largest keysym",
      message: { ...key, keysym: 0x1fff_ffff },
      ok: true,
    },
    {
      what: "a keysym of 30 bits",
      message: { ...key, keysym: 0x2000_0000 },
      ok: false,
    },
    { what: "NoSymbol", message: { ...key, keysym: 0 }, ok: false },
    {
      what: "a code of 33 characters",
      message: { ...key, code: "a".repeat(33) },
      ok: false,
    },
    { what: "twenty notches", message: { ...wheel, dy: -20 }, ok: true },
    { what: "twenty-one notches", message: { ...wheel, dx: 21 }, ok: false },
    {
      what: "button 4, which is the wheel",
      message: { ...wheel, type: "button", button: 4, pressed: true },
      ok: false,
    },
    {
      what: "no codec at all",
      message: { ...hello, videoCodecs: [] },
      ok: true,
    },
    {
      what: "an unknown codec",
      message: { ...hello, videoCodecs: ["mpeg2"] },
      ok: false,
    },
    {
      what: "more codecs than there are",
      message: {
        ...hello,
        videoCodecs: Array.from({ length: 6 }, () => "vp8"),
      },
      ok: false,
    },
    {
      what: "a token of 1,025 characters",
      message: { ...hello, token: "t".repeat(1_025) },
      ok: false,
    },
    {
      what: "an SDP of 48,000 characters",
      message: { type: "answer", negotiation: 1, sdp: "s".repeat(48_000) },
      ok: true,
    },
    {
      what: "a longer SDP",
      message: { type: "answer", negotiation: 1, sdp: "s".repeat(48_001) },
      ok: false,
    },
    {
      what: "the end of candidates",
      message: { type: "candidate", negotiation: 1, candidate: null },
      ok: true,
    },
    {
      what: "a candidate of 1,025 characters",
      message: {
        type: "candidate",
        negotiation: 1,
        candidate: { candidate: "c".repeat(1_025) },
      },
      ok: false,
    },
    { what: "an array", message: [motion], ok: false },
    { what: "null", message: null, ok: false },
  ])("$what: $ok", ({ message, ok }) => {
    expect(parseClientMessage(JSON.stringify(message)).ok).toBe(ok);
  });

  test("a longest hello fits into its bound, a longest answer into that of messages", () => {
    const longest = {
      ...hello,
      token: "t".repeat(1_024),
      videoCodecs: ["h264", "vp8"],
    };
    expect(Buffer.byteLength(JSON.stringify(longest))).toBeLessThan(
      limits.helloBytes,
    );
    const answer = {
      type: "answer",
      negotiation: 2 ** 53 - 1,
      sdp: "v=0\r\n".repeat(9_600),
    };
    expect(parseClientMessage(JSON.stringify(answer)).ok).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeGreaterThan(
      limits.messageBytes,
    );
    const typical = { ...answer, sdp: `${"a=x".repeat(26)}\r\n`.repeat(600) };
    expect(typical.sdp.length).toBe(48_000);
    expect(Buffer.byteLength(JSON.stringify(typical))).toBeLessThan(
      limits.messageBytes,
    );
  });
});

test("close codes are distinct, and those of our own are in the range for applications", () => {
  const codes = Object.values(closeCodes).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) {
    expect(code < 2_000 || (code >= 4_000 && code < 5_000)).toBe(true);
  }
});
