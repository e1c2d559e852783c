import { describe, expect, test } from "vitest";
import {
  messageOf,
  StreamSpaceError,
  systemCodeOf,
  toStreamSpaceError,
} from "../../../agent/base/errors.ts";

describe("StreamSpaceError", () => {
  test("carries code, mend and cause", () => {
    const cause = new Error("EADDRINUSE");
    const error = new StreamSpaceError("port-taken", "port 1 is taken", {
      cause,
      mend: "Choose another.",
    });
    expect(error).toMatchObject({
      name: "StreamSpaceError",
      code: "port-taken",
      message: "port 1 is taken",
      mend: "Choose another.",
    });
    expect(error.cause).toBe(cause);
  });

  test("has no cause property where there was none", () => {
    expect(Object.hasOwn(new StreamSpaceError("internal", "x"), "cause")).toBe(
      false,
    );
  });
});

describe("toStreamSpaceError", () => {
  test("leaves its own kind alone", () => {
    const error = new StreamSpaceError("closed", "x");
    expect(toStreamSpaceError(error)).toBe(error);
  });

  test.each([
    { thrown: new TypeError("no"), message: "no" },
    { thrown: "a string", message: "a string" },
    { thrown: undefined, message: "undefined" },
  ])("wraps $message as internal", ({ thrown, message }) => {
    expect(toStreamSpaceError(thrown)).toMatchObject({
      code: "internal",
      message,
    });
    expect(messageOf(thrown)).toBe(message);
  });
});

describe("systemCodeOf", () => {
  test.each([
    {
      thrown: Object.assign(new Error("x"), { code: "ENOENT" }),
      code: "ENOENT",
    },
    { thrown: Object.assign(new Error("x"), { code: 3 }), code: undefined },
    { thrown: new Error("x"), code: undefined },
    { thrown: { code: "ENOENT" }, code: undefined },
    { thrown: null, code: undefined },
  ])("reads $code", ({ thrown, code }) => {
    expect(systemCodeOf(thrown)).toBe(code);
  });
});
