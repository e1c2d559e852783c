import { describe, expect, it } from "vitest";
import { isDeliberate, placeOf } from "../../../signaling/input-facts.ts";
import type { InputMessage } from "../../../signaling/protocol.ts";

const seq = 1;
const place = { x: 5, y: 6 };
const key = { type: "key", seq, keysym: 97, code: "KeyA" } as const;
const button = { type: "button", seq, button: 1 } as const;
const wheel = { type: "wheel", seq, dx: 0, dy: 1 } as const;

const messages: readonly {
  message: InputMessage;
  at: { x: number; y: number } | undefined;
  deliberate: boolean;
}[] = [
  { message: { type: "motion", seq, ...place }, at: place, deliberate: false },
  {
    message: { type: "motion-relative", seq, ...place },
    at: undefined,
    deliberate: false,
  },
  {
    message: { type: "path", seq, points: [1, 2, 5, 6] },
    at: place,
    deliberate: false,
  },
  {
    message: { ...button, pressed: true, ...place },
    at: place,
    deliberate: true,
  },
  { message: { ...button, pressed: true }, at: undefined, deliberate: true },
  {
    message: { ...button, pressed: false, ...place },
    at: place,
    deliberate: false,
  },
  { message: { ...wheel, ...place }, at: place, deliberate: true },
  { message: wheel, at: undefined, deliberate: true },
  { message: { ...key, pressed: true }, at: undefined, deliberate: true },
  { message: { ...key, pressed: false }, at: undefined, deliberate: false },
  {
    message: { type: "text", seq, text: "é" },
    at: undefined,
    deliberate: true,
  },
  {
    message: { type: "held", seq, codes: ["KeyA"], buttons: [] },
    at: undefined,
    deliberate: false,
  },
  { message: { type: "release-all", seq }, at: undefined, deliberate: false },
];

describe("an input message", () => {
  it.each(messages)("$message", ({ message, at, deliberate }) => {
    const found = placeOf(message);
    expect(found && { x: found.x, y: found.y }).toEqual(at);
    expect(isDeliberate(message)).toBe(deliberate);
  });
});
