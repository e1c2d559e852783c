/**
 * Firefox: it tells nobody that an element with the focus was taken out of the page, and no key may stay down for that.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import { launchFirefox } from "../fixtures/browser-firefox.ts";
import { startInputSession, type InputSession } from "../fixtures/e2e-input.ts";
import { loadLibrary, type LibraryScope } from "../fixtures/e2e-library.ts";
import { serveFolder } from "../fixtures/e2e-panel-gallery.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 5_000 };
const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the scripts below need of the page. */
interface Client {
  readonly state: { readonly kind: string };
  connect(): void;
  close(): void;
  mount(parent: unknown): void;
  unmount(): void;
}
interface Scope extends LibraryScope<Client> {
  client?: Client;
  document: {
    body: { innerHTML: string };
    getElementById(id: string): { remove(): void };
  };
}

let session: InputSession;
let page: Page;
const owned = new AsyncDisposableStack();

beforeAll(async () => {
  const portal = owned.use(await serveFolder(join(root, "client", "example")));
  session = owned.use(
    await startInputSession({ args: ["--allowed-origins", portal.origin] }),
  );
  const { browser } = owned.use(await launchFirefox());
  page = await browser.newPage();
  await page.setViewport({ width: 1_000, height: 700 });
  await page.goto(`${portal.origin}/embed.html`, { timeout: 15_000 });
  await loadLibrary(page, session.agent.url);
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

/** A page with a session in it, which has the keyboard. */
async function show(): Promise<void> {
  await page.evaluate((url) => {
    const scope = globalThis as unknown as Scope;
    scope.client?.close();
    scope.document.body.innerHTML =
      '<div id="parent"><div id="place" style="width:600px;height:340px"></div></div>';
    const client = new scope.StreamSpaceClient({ url });
    scope.client = client;
    client.mount(scope.document.getElementById("place"));
    client.connect();
  }, session.agent.url);
  await poll(
    async () =>
      (await page.evaluate(
        () => (globalThis as unknown as Scope).client?.state.kind,
      )) === "connected" || undefined,
    { everyMs: 50, timeoutMs: 20_000, what: "the picture in Firefox" },
  );
  await page.mouse.click(300, 170);
}

const heldKeys = async (): Promise<number> =>
  (await session.held()).keycodes.length;

test.each([
  {
    how: "the client is unmounted",
    takeOut: (): void => {
      (globalThis as unknown as Scope).client?.unmount();
    },
  },
  {
    how: "a framework takes out what is around it",
    takeOut: (): void => {
      (globalThis as unknown as Scope).document
        .getElementById("parent")
        .remove();
    },
  },
])(
  "a key that is held is let go when $how",
  async ({ takeOut }) => {
    await show();
    await page.keyboard.down("a");
    try {
      await expect.poll(heldKeys, arrival).toBe(1);
      await page.evaluate(takeOut);
      await expect.poll(heldKeys, arrival).toBe(0);
      // Nor does anything press it again.
      await page.evaluate(
        () => new Promise((resolve) => setTimeout(resolve, 2_000)),
      );
      expect(await heldKeys()).toBe(0);
      expect(
        await page.evaluate(
          () => (globalThis as unknown as Scope).client?.state.kind,
        ),
      ).toBe("connected");
    } finally {
      await page.keyboard.up("a");
    }
  },
  testTimeoutMs,
);
