import { beforeEach, describe, expect, test } from "vitest";
import {
  bytesOf,
  contentsOf,
  fingerprint,
  isSame,
  textOf,
  type Fingerprint,
} from "../../../client/src/clipboard-contents.ts";
import { ClipboardLedger } from "../../../client/src/clipboard-ledger.ts";
import { clipboardLimits } from "../../../signaling/protocol.ts";

const of = (text: string): Fingerprint | undefined =>
  fingerprint(contentsOf({ text }));

describe("what is newer", () => {
  let ledger: ClipboardLedger;
  beforeEach(() => {
    ledger = new ClipboardLedger();
  });

  test("is the browser's while nothing was copied in the session", () => {
    expect(ledger.mayWrite).toBe(false);
    expect(ledger.mustSend(of("a"), false)).toBe(true);
  });

  test("is neither where both have the same", () => {
    ledger.agreed(of("a"));
    expect(ledger.mustSend(of("a"), true)).toBe(false);
    expect(ledger.mustSend(of("b"), true)).toBe(true);
  });

  test("is the session's after a copy there while the page has the focus", () => {
    ledger.agreed(of("a"));
    ledger.sessionCopied(true);
    expect(ledger.mayWrite).toBe(true);
    // The browser has something else, and has had it for longer.
    expect(ledger.mustSend(of("b"), true)).toBe(false);
  });

  test("is for the user to say, by a paste, once the page was left", () => {
    ledger.sessionCopied(true);
    ledger.left();
    expect(ledger.mayWrite).toBe(false);
    expect(ledger.mustSend(of("b"), false)).toBe(false);
    expect(ledger.mustSend(of("b"), true)).toBe(true);
  });

  test("is the browser's again when the session has lost it", () => {
    ledger.agreed(of("a"));
    ledger.sessionCopied(true);
    ledger.sessionLost();
    expect(ledger.mayWrite).toBe(false);
    expect(ledger.mustSend(of("a"), false)).toBe(true);
  });
});

describe("contents", () => {
  test("are known again by all their formats", () => {
    const one = contentsOf({ text: "a", html: "<b>a</b>" });
    expect(bytesOf(one)).toBe(9);
    expect(isSame(fingerprint(one), fingerprint(one))).toBe(true);
    expect(isSame(fingerprint(one), of("a"))).toBe(false);
  });

  test("that a browser was given are known again although it rewrote their HTML", () => {
    const given = fingerprint(contentsOf({ text: "a", html: "<b>a</b>" }), {
      written: true,
    });
    const rewritten = contentsOf({ text: "a", html: "<p><b>a</b></p>" });
    expect(isSame(given, fingerprint(rewritten))).toBe(true);
  });

  test("that are too large to compare are never the same", () => {
    const large = fingerprint(
      contentsOf({ text: "a".repeat(clipboardLimits.eagerBytes + 1) }),
    );
    expect(large).toBeUndefined();
    expect(isSame(large, large)).toBe(false);
  });

  test("that are empty are none", () => {
    expect(contentsOf({ text: "", png: new Uint8Array() }).size).toBe(0);
  });

  test.each([
    [new TextEncoder().encode("ä€😀"), "ä€😀"],
    [new Uint8Array([0xff, 0xfe, 0x61, 0x00]), "a"],
  ])("are text, also as UTF-16", (content, text) => {
    expect(textOf(content)).toBe(text);
  });
});
