/**
 * The page as something that is installed: its manifest, its worker, what that keeps.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { startInputSession, type InputSession } from "../fixtures/e2e-input.ts";
import { openInChromium } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 40_000;

let chromium: ChromiumBrowser;
let session: InputSession;

beforeAll(async () => {
  [chromium, session] = await Promise.all([
    launchChromium(),
    startInputSession(),
  ]);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await session.close();
});

describe("the installed page", () => {
  test("has a manifest whose icons are what it says", async () => {
    const origin = `http://127.0.0.1:${session.agent.port}/`;
    const html = await (await fetch(origin)).text();
    const href = /rel="manifest" href="([^"]+)"/.exec(html)?.[1] ?? "";
    const url = new URL(href, origin);
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe(
      "application/manifest+json",
    );
    const manifest = (await response.json()) as Manifest;
    expect(manifest.name).not.toBe("");
    expect(manifest.display).toBe("standalone");
    // What a browser starts must be within what the worker and the token are of.
    for (const address of [manifest.start_url, manifest.scope])
      expect(new URL(address, url).href).toBe(origin);
    const purposes = manifest.icons.map(({ purpose }) => purpose);
    expect(purposes).toContain("maskable");
    for (const { src, sizes, type } of manifest.icons) {
      const icon = await fetch(new URL(src, url));
      expect(icon.headers.get("content-type"), src).toBe(type);
      if (type !== "image/png") continue;
      const png = Buffer.from(await icon.arrayBuffer());
      // PNG (RFC 2083): the header chunk has the size.
      expect(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`).toBe(sizes);
    }
    expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(
      expect.arrayContaining(["192x192", "512x512"]),
    );
  });

  test(
    "Chromium finds nothing that keeps it from being installed",
    async () => {
      await using viewer = await openInChromium(
        chromium.browser,
        session.agent.url,
      );
      const devTools = await viewer.page.context().newCDPSession(viewer.page);
      const { errors } = await devTools.send("Page.getAppManifest");
      expect(errors).toEqual([]);
      const { installabilityErrors } = await devTools.send(
        "Page.getInstallabilityErrors",
      );
      const reasons = installabilityErrors
        .map(({ errorId }) => errorId)
        // Contexts of a test are private windows.
        .filter((id) => id !== "in-incognito");
      expect(reasons).toEqual([]);
    },
    testTimeoutMs,
  );

  test("opens while its agent is away and says so, and keeps neither token nor answers of the agent", async () => {
    const token = "a-token-that-must-not-be-kept";
    await using first = await startAgent({
      token,
      args: ["--window-manager", "none"],
      command: ["sleep", "1000"],
    });
    await using viewer = await openInChromium(chromium.browser, first.url);
    const { page } = viewer;
    await viewer.waitForState("connected");
    await page.waitForFunction(
      () =>
        (globalThis as unknown as WorkerPage).navigator.serviceWorker
          .controller !== null,
    );
    await page.evaluate(async () => {
      await Promise.all(["health", "metrics"].map((path) => fetch(path)));
    });
    const kept = await page.evaluate(readCaches);
    const origin = `http://127.0.0.1:${first.port}`;
    const paths = kept.urls.map((url) => url.slice(origin.length)).sort();
    expect(paths).toContain("/");
    for (const path of paths)
      expect(path).toMatch(
        /^\/(assets\/page-[\w-]+\.(js|css)|[\w-]+\.(png|svg|webmanifest))?$/,
      );
    expect(kept.text).not.toContain(token);
    const { port } = first;
    await first.close();
    await page.reload();
    await viewer.waitForWords(/cannot be reached|Connecting again/);
    await using second = await startAgent({ token, port });
    await viewer.waitForState("connected", 25_000);
    expect((await second.health()).viewers).toBe(1);
  }, 90_000);
});

interface Manifest {
  name: string;
  display: string;
  start_url: string;
  scope: string;
  icons: { src: string; sizes: string; type: string; purpose: string }[];
}
interface WorkerPage {
  navigator: { serviceWorker: { controller: unknown } };
  caches: {
    keys(): Promise<string[]>;
    open(name: string): Promise<{
      keys(): Promise<{ url: string }[]>;
      match(request: { url: string }): Promise<Response | undefined>;
    }>;
  };
}

/** Addresses and texts of everything that is kept. */
async function readCaches(): Promise<{ urls: string[]; text: string }> {
  const { caches } = globalThis as unknown as WorkerPage;
  const urls: string[] = [];
  let text = "";
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      urls.push(request.url);
      text += (await (await cache.match(request))?.text()) ?? "";
    }
  }
  return { urls, text: `${urls.join("\n")}\n${text}` };
}
