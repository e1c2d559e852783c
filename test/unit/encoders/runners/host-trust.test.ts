import { describe, expect, it } from "vitest";
import {
  StreamSpaceError,
  type ErrorCode,
} from "../../../../agent/base/errors.ts";
import {
  firstRestMs,
  HostTrust,
  isHostFailure,
  suspicionWindowMs,
} from "../../../../encoders/runners/host-trust.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

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
      expect(
        new HostTrust(new ManualClock()).mayBeAtFault(error(code, message)),
      ).toBe(may);
    },
  );

  it("is the encoder's where the host has worked before", () => {
    const trust = new HostTrust(new ManualClock());
    trust.onWorked();
    expect(trust.mayBeAtFault(error("child-exited"))).toBe(false);
  });

  it("is no error of its own kind", () => {
    expect(new HostTrust(new ManualClock()).mayBeAtFault(new Error("x"))).toBe(
      false,
    );
  });
});

describe("the host is given up", () => {
  it("at once for want of what does not come back", () => {
    const trust = new HostTrust(new ManualClock());
    trust.onWorkedWithout(error("missing-program", "no library"));
    expect(trust.failure).toBe("no library");
  });

  it("not for one accident, but for two", () => {
    const trust = new HostTrust(new ManualClock());
    trust.onWorkedWithout(error("timeout", "slow"));
    expect(trust.failure).toBeUndefined();
    trust.onWorkedWithout(error("child-exited", "gone"));
    expect(trust.failure).toBe("gone");
  });
});

describe("a host that has worked", () => {
  function world(): {
    clock: ManualClock;
    trust: HostTrust;
    fails: (element: string) => void;
  } {
    const clock = new ManualClock();
    const trust = new HostTrust(clock);
    trust.onWorked();
    const fails = (element: string): void => {
      trust.onFailed({ element, reason: "SIGSEGV", atMs: clock.nowMs() });
    };
    return { clock, trust, fails };
  }

  it("is not given up for one encoder, however often that fails", () => {
    const { trust, fails } = world();
    for (let count = 0; count < 9; count += 1) fails("a");
    expect(trust.failure).toBeUndefined();
    expect(trust.mayBeAtFault(error("child-exited"))).toBe(false);
  });

  it("is not given up for two that failed long after each other", () => {
    const { clock, trust, fails } = world();
    fails("a");
    clock.advance(suspicionWindowMs);
    fails("b");
    expect(trust.failure).toBeUndefined();
  });

  it("is given a rest for two within the window, longer each time", () => {
    const { clock, trust, fails } = world();
    for (const restMs of [firstRestMs, 2 * firstRestMs, 4 * firstRestMs]) {
      fails("a");
      clock.advance(suspicionWindowMs - 1);
      fails("b");
      expect(trust.failure).toBe(
        "it failed with a and b within 10 s, at last: SIGSEGV",
      );
      expect(trust.mayBeAtFault(error("child-exited"))).toBe(true);
      clock.advance(restMs - 1);
      expect(trust.failure).toBeDefined();
      clock.advance(1);
      expect(trust.failure).toBeUndefined();
    }
  });

  it.each([
    ["child-exited", "video-h264 was ended by SIGSEGV", true],
    ["timeout", "no first packet", true],
    ["child-exited", "video-h264: encoder: no device", false],
    ["display-unreachable", "no display", false],
    ["missing-element", "no element", false],
    ["aborted", "called off", false],
  ] as const)(
    "has failed by itself by %s, %s: %s",
    (code, message, isItsOwn) => {
      expect(isHostFailure(error(code, message))).toBe(isItsOwn);
    },
  );
});
