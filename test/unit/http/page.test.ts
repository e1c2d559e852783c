/**
 * How the built page is served.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { pageHandler } from "../../../agent/http/page.ts";
import { serve, type TestListener } from "../../fakes/http.ts";

describe("the page", () => {
  let folder: string;
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function servePage(): Promise<TestListener> {
    folder = mkdtempSync(join(tmpdir(), "streamspace-page-"));
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<h1>page</h1>");
    writeFileSync(join(folder, "assets", "main-abc.js"), "run()");
    writeFileSync(join(folder, "notes.secret"), "not for you");
    return await serve([
      pageHandler(folder, (origin) => origin === "https://portal.example"),
    ]);
  }

  test("is its index at /, revalidated each time; named assets are kept for good", async () => {
    const listener = await servePage();
    await expect(listener.ask("/")).resolves.toMatchObject({
      status: 200,
      body: "<h1>page</h1>",
      headers: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
      },
    });
    const asset = await listener.ask("/assets/main-abc.js");
    expect(asset.headers["cache-control"]).toContain("immutable");
    expect(asset.headers["content-type"]).toBe(
      "text/javascript; charset=utf-8",
    );
  });

  test("is sent compressed to who asks for that, and without a body for HEAD", async () => {
    const listener = await servePage();
    const response = await listener.request("/", {
      headers: { "accept-encoding": "br, gzip" },
    });
    const chunks = (await response.toArray()) as Buffer[];
    expect(response.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe("<h1>page</h1>");
    const head = await listener.ask("/", { method: "HEAD" });
    expect(head).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": "13" },
    });
  });

  test.each([
    "/../etc/passwd",
    "/assets/../../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/notes.secret",
    "/assets",
    "/assets/",
  ])("has nothing at %s", async (path) => {
    const listener = await servePage();
    await expect(listener.ask(path)).resolves.toMatchObject({ status: 404 });
  });

  test.each([
    { origin: "https://portal.example", allowed: "https://portal.example" },
    { origin: "https://other.example", allowed: undefined },
  ])("lets $origin load its files as $allowed", async ({ origin, allowed }) => {
    const listener = await servePage();
    const answer = await listener.ask("/assets/main-abc.js", {
      headers: { origin },
    });
    expect(answer.headers["access-control-allow-origin"]).toBe(allowed);
    expect(answer.headers.vary).toContain("Origin");
  });

  test("that was not built says so", () => {
    folder = "/nonexistent";
    expect(() => pageHandler(folder)).toThrow(
      expect.objectContaining({ mend: "Build it with: npm run build" }),
    );
  });
});
