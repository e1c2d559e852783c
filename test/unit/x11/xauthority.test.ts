import { expect, test } from "vitest";
import { parseDisplay } from "../../../agent/x11/display-address.ts";
import { findCookie } from "../../../agent/base/xauthority.ts";

function entry(family: number, fields: string[]): Buffer {
  const parts = [Buffer.from([family >> 8, family & 0xff])];
  for (const field of fields) {
    const bytes = Buffer.from(field, "latin1");
    parts.push(Buffer.from([0, bytes.length]), bytes);
  }
  return Buffer.concat(parts);
}

const protocol = "MIT-MAGIC-COOKIE-1";

test("finds the cookie of its display among others", () => {
  const file = Buffer.concat([
    entry(256, ["host", "1", protocol, "one"]),
    entry(256, ["host", "2", "XDM-AUTHORIZATION-1", "other"]),
    entry(0xffff, ["", "2", protocol, "\u00ff\u0000two"]),
  ]);
  expect(findCookie(file, "2").data).toBe("\u00ff\u0000two");
  expect(findCookie(file, "3")).toEqual({ name: "", data: "" });
});

test("reads a file that is cut short, or nonsense, without failing", () => {
  const whole = entry(0xffff, ["", "2", protocol, "cookie"]);
  for (let length = 0; length < whole.length; length += 1)
    expect(findCookie(whole.subarray(0, length), "2").name).toBe("");
  expect(findCookie(Buffer.alloc(64, 0xff), "2").name).toBe("");
});

test.each([
  [":7", { path: "/tmp/.X11-unix/X7" }],
  [":7.1", { path: "/tmp/.X11-unix/X7" }],
  ["unix/:7", { path: "/tmp/.X11-unix/X7" }],
  ["localhost:10.0", { host: "localhost", port: 6010 }],
  ["[::1]:0", { host: "::1", port: 6000 }],
])("%s leads to the right socket", (display, endpoint) => {
  expect(parseDisplay(display).endpoint).toEqual(endpoint);
});

test.each(["", "7", ":", ":x", ":99999", "a b:0/"])(
  "refuses %j as a display",
  (display) => {
    expect(() => parseDisplay(display)).toThrow(/is not the name of/);
  },
);
