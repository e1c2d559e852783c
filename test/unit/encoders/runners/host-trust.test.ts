import { describe, expect, it } from "vitest";
import {
  StreamSpaceError,
  type ErrorCode,
} from "../../../../agent/base/errors.ts";
import { HostTrust } from "../../../../encoders/runners/host-trust.ts";

const error = (code: ErrorCode, message = "x"): StreamSpaceError =>
  new StreamSpaceError(code, message);

describe("a failure of the host", () => {
  it.each([
    ["missing-program", "libgstreamer is missing", true],
    ["display-unreachable", "the display has no DAMAGE", true],
    ["child-exited", "video-h264 was ended by SIGSEGV", true],
    ["timeout", "no first packet", true],
    ["missing-element", 'no element "appsrc"', true],
    ["missing-element", 'no element "nvh264enc"', false],
    ["missing-element", "an element of the pipeline refuses to start", false],
    ["child-exited", "video-h264: encoder: no device", false],
    ["config", "a word is wrong", false],
    ["aborted", "called off", false],
  ] as const)(
    "of %s, %s: gst-launch may do better: %s",
    (code, message, may) => {
      expect(new HostTrust().mayBeAtFault(error(code, message))).toBe(may);
    },
  );

  it("is the encoder's where the host has worked before", () => {
    const trust = new HostTrust();
    trust.onWorked();
    expect(trust.mayBeAtFault(error("child-exited"))).toBe(false);
  });

  it("is no error of its own kind", () => {
    expect(new HostTrust().mayBeAtFault(new Error("x"))).toBe(false);
  });
});

describe("the host is given up", () => {
  it("at once for want of what does not come back", () => {
    const trust = new HostTrust();
    trust.onWorkedWithout(error("missing-program", "no library"));
    expect(trust.failure).toBe("no library");
  });

  it("not for one accident, but for two", () => {
    const trust = new HostTrust();
    trust.onWorkedWithout(error("timeout", "slow"));
    expect(trust.failure).toBeUndefined();
    trust.onWorkedWithout(error("child-exited", "gone"));
    expect(trust.failure).toBe("gone");
  });
});
