import { afterEach, describe, expect, it, test, vi } from "vitest";
import {
  releaseModifiers,
  wantsOut,
} from "../../../client/src/vnc/leave-keys.ts";
import {
  kasmClientUrl,
  requestVncSession,
} from "../../../client/src/vnc/vnc-session-request.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

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

test.each([
  [404, '{"error":"vnc-off"}', "off"],
  [404, "<h1>default backend</h1>", "network"],
  [401, "", "unauthorized"],
  [429, "Too many tokens wait to be looked at.", "network"],
  [503, "No VNC server works here.", "unavailable"],
  [200, '{"client":"novnc","backend":"tigervnc","role":"viewer"}', "session"],
] as const)("an answer of %d with %s means: %s", async (status, body, kind) => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status })));
  const answer = await requestVncSession("http://desk/vnc/", "a-token");
  expect(answer.kind).toBe(kind);
});
