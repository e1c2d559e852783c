import { describe, expect, it, test } from "vitest";
import {
  releaseModifiers,
  wantsOut,
} from "../../../client/src/vnc/leave-keys.ts";
import { kasmClientUrl } from "../../../client/src/vnc/vnc-session-request.ts";

describe("the way out by keyboard", () => {
  const held = { code: "KeyM", ctrlKey: true, altKey: true, shiftKey: true };

  it.each([
    [{ ...held, metaKey: false }, true],
    [{ ...held, metaKey: true }, false],
    [{ ...held, metaKey: false, shiftKey: false }, false],
    [{ ...held, metaKey: false, ctrlKey: false }, false],
    [{ ...held, metaKey: false, altKey: false }, false],
    [{ ...held, metaKey: false, code: "KeyN" }, false],
  ])("%j: %s", (event, out) => {
    expect(wantsOut(event)).toBe(out);
  });

  it("releases what is held for it", () => {
    const calls: string[] = [];
    releaseModifiers({
      sendKey: (keysym, code, down) =>
        calls.push(`${keysym} ${String(code)} ${String(down)}`),
    });
    expect(calls).toHaveLength(6);
    expect(calls).toContain("65505 ShiftLeft false");
  });
});

test.each([
  ["http://desk:8080/vnc/", "vnc/kasm/websockify"],
  ["https://portal/one/vnc/#token=x", "one/vnc/kasm/websockify"],
])("KasmVNC's client below %s joins its path to the host", (page, path) => {
  const url = new URL(kasmClientUrl(page));
  expect(url.pathname.endsWith("/vnc/kasm/index.html")).toBe(true);
  expect(url.searchParams.get("path")).toBe(path);
  expect(url.href).not.toContain("token");
});
