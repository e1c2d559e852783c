import { beforeEach, describe, expect, test } from "vitest";
import {
  bearerToken,
  FailureLimit,
  isOriginAllowed,
  tokensEqual,
} from "../../../signaling/auth.ts";
import { TokenBucket } from "../../../signaling/rate-limit.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

describe("tokensEqual", () => {
  test.each([
    { given: "abc", expected: "abc", equal: true },
    { given: "abd", expected: "abc", equal: false },
    { given: "ab", expected: "abc", equal: false },
    { given: "abcd", expected: "abc", equal: false },
    { given: "ABC", expected: "abc", equal: false },
    { given: "", expected: "abc", equal: false },
    { given: "ö€", expected: "ö€", equal: true },
    { given: "a".repeat(100_000), expected: "abc", equal: false },
  ])("$expected: $equal", ({ given, expected, equal }) => {
    expect(tokensEqual(given, expected)).toBe(equal);
  });
});

describe("isOriginAllowed", () => {
  const host = "desk.example:8080";
  test.each([
    { origin: undefined, allowed: [], verdict: true },
    { origin: "http://desk.example:8080", allowed: [], verdict: true },
    { origin: "https://desk.example:8080", allowed: [], verdict: true },
    { origin: "http://desk.example", allowed: [], verdict: false },
    { origin: "http://desk.example:8081", allowed: [], verdict: false },
    { origin: "http://evil.example", allowed: [], verdict: false },
    {
      origin: "http://desk.example:8080.evil.example",
      allowed: [],
      verdict: false,
    },
    {
      origin: "http://evil.example",
      allowed: ["http://evil.example"],
      verdict: true,
    },
    {
      origin: "http://evil.example:1",
      allowed: ["http://evil.example"],
      verdict: false,
    },
    { origin: "http://evil.example", allowed: ["*"], verdict: true },
    { origin: "ftp://desk.example:8080", allowed: [], verdict: false },
    { origin: "ws://desk.example:8080", allowed: [], verdict: false },
    { origin: "app://desk.example:8080", allowed: [], verdict: false },
    { origin: "http://user@desk.example:8080", allowed: [], verdict: false },
    { origin: "http://:pw@desk.example:8080", allowed: [], verdict: false },
    { origin: "http://desk.example:8080/page", allowed: [], verdict: false },
    { origin: "app://portal", allowed: ["app://portal"], verdict: true },
    { origin: "null", allowed: [], verdict: false },
    { origin: "", allowed: [], verdict: false },
    { origin: "not a url", allowed: [], verdict: false },
  ])("$origin with $allowed: $verdict", ({ origin, allowed, verdict }) => {
    expect(isOriginAllowed({ origin, host, allowed })).toBe(verdict);
  });

  test("needs a Host to compare a page's origin with", () => {
    expect(
      isOriginAllowed({
        origin: "http://desk.example",
        host: undefined,
        allowed: [],
      }),
    ).toBe(false);
  });
});

describe("bearerToken", () => {
  test.each([
    { header: "Bearer abc", token: "abc" },
    { header: "bearer  abc-_~+/= ", token: "abc-_~+/=" },
    { header: undefined, token: undefined },
    { header: "", token: undefined },
    { header: "Bearer", token: undefined },
    { header: "Bearer ", token: undefined },
    { header: "Bearer a b", token: undefined },
    { header: "Basic abc", token: undefined },
    { header: "xBearer abc", token: undefined },
  ])("of $header: $token", ({ header, token }) => {
    expect(bearerToken(header)).toBe(token);
  });
});

describe("FailureLimit", () => {
  let clock: ManualClock;
  let limit: FailureLimit;
  beforeEach(() => {
    clock = new ManualClock();
    limit = new FailureLimit(clock);
  });

  /** Tries with a wrong token until refused; returns how often it could. */
  function wrongTries(address: string, atMost: number): number {
    for (let tries = 0; tries < atMost; tries += 1) {
      if (!limit.allows(address)) return tries;
      limit.failed(address);
    }
    return atMost;
  }

  test("lets an address be wrong ten times, then once every ten seconds", () => {
    expect(wrongTries("a", 100)).toBe(10);
    clock.advance(9_999);
    expect(wrongTries("a", 100)).toBe(0);
    clock.advance(1);
    expect(wrongTries("a", 100)).toBe(1);
    clock.advance(30_000);
    expect(wrongTries("a", 100)).toBe(3);
    clock.advance(10_000_000);
    expect(wrongTries("a", 100)).toBe(10);
  });

  test("does not mix addresses up", () => {
    wrongTries("a", 100);
    expect(limit.allows("a")).toBe(false);
    expect(limit.allows("b")).toBe(true);
  });

  test("never refuses an address that makes no mistakes", () => {
    for (let tries = 0; tries < 1_000; tries += 1)
      expect(limit.allows("a")).toBe(true);
  });

  test("forgets the addresses that were quiet longest, not the busy one", () => {
    wrongTries("old", 100);
    wrongTries("busy", 100);
    for (let address = 0; address < 1_023; address += 1) {
      limit.failed(`address ${address}`);
      if (address % 100 === 0) limit.failed("busy");
    }
    expect(limit.allows("old"), "its bucket has made room").toBe(true);
    expect(limit.allows("busy")).toBe(false);
  });
});

describe("TokenBucket", () => {
  test("gives a burst at once and then its rate, and saves up no more than the burst", () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ clock, ratePerSecond: 10, burst: 3 });
    const take = (times: number): number =>
      Array.from({ length: times }, () => bucket.take()).filter(Boolean).length;
    expect(take(10)).toBe(3);
    clock.advance(99);
    expect(take(10)).toBe(0);
    clock.advance(2);
    expect(take(10)).toBe(1);
    clock.advance(250);
    expect(take(10)).toBe(2);
    clock.advance(1_000_000);
    expect(take(10)).toBe(3);
  });
});
