/**
 * The library in pages that do with it what pages do: take it out and put it back, put it into a shadow tree, and give it
 * arguments and addresses that are none.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { displayOf } from "../fixtures/agent-process.ts";
import { startInputSession, type InputSession } from "../fixtures/e2e-input.ts";
import { loadLibrary, type LibraryScope } from "../fixtures/e2e-library.ts";
import {
  serveFolder,
  type FolderServer,
} from "../fixtures/e2e-panel-gallery.ts";
import { freePort } from "../fixtures/free-port.ts";
import { xclipCopy, xclipPaste } from "../fixtures/xclip.ts";

const testTimeoutMs = 40_000;
const arrival = { interval: 20, timeout: 5_000 };
const slow = { interval: 50, timeout: 15_000 };
const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the scripts below need of the page. */
interface Client {
  readonly state: {
    readonly kind: string;
    readonly headline: string;
    readonly detail: string | undefined;
  };
  readonly sound: string;
  on(type: "state", listener: (state: Client["state"]) => void): void;
  connect(): void;
  close(): void;
  mount(parent: unknown): void;
  unmount(): void;
  setQuality(quality: unknown): void;
  readonly files: {
    readonly state: {
      readonly transfers: readonly { readonly problem?: string }[];
    };
    download(name: string): void;
    upload(files: readonly File[]): void;
    read(name: string): Promise<Blob>;
  };
  readonly sharing: { giveControl(viewer: unknown): void };
}
interface Media {
  readonly paused: boolean;
}
interface Element {
  innerHTML: string;
  readonly firstElementChild: Element;
  attachShadow(options: { mode: "open" | "closed" }): Element;
}
interface Scope extends LibraryScope<Client> {
  client: Client;
  document: {
    body: Element;
    getElementById(id: string): Element;
    querySelector(selector: string): Media;
  };
}

let chromium: ChromiumBrowser;
let portal: FolderServer;
let session: InputSession;

beforeAll(async () => {
  [chromium, portal] = await Promise.all([
    launchChromium(),
    serveFolder(join(root, "client", "example")),
  ]);
  session = await startInputSession({
    args: ["--files", "both", "--allowed-origins", portal.origin],
  });
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await session.close();
  await portal.close();
});

/** A page with nothing in it but a text area and a place for a session. */
async function openPage(
  where: "page" | "shadow tree" = "page",
): Promise<{ page: Page } & AsyncDisposable> {
  const context = await chromium.browser.newContext();
  const page = await context.newPage();
  await page.goto(`${portal.origin}/embed.html`);
  await loadLibrary(page, session.agent.url);
  await page.evaluate(
    ([url, place]) => {
      const scope = globalThis as unknown as Scope;
      const { document } = scope;
      const size = 'style="width:600px;height:340px"';
      document.body.innerHTML = `<textarea id="text"></textarea><div id="place" ${size}></div>`;
      const client = new scope.StreamSpaceClient({ url });
      scope.client = client;
      let parent = document.getElementById("place");
      if (place === "shadow tree") {
        const tree = parent.attachShadow({ mode: "closed" });
        tree.innerHTML = `<div ${size}></div>`;
        parent = tree.firstElementChild;
      }
      client.mount(parent);
      client.connect();
    },
    [session.agent.url, where] as const,
  );
  await expect.poll(() => kind(page), slow).toBe("connected");
  await page.locator("#place").click();
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

const kind = (page: Page): Promise<string> =>
  page.evaluate(() => (globalThis as unknown as Scope).client.state.kind);

test(
  "taken out of the page and put back, it plays on",
  async () => {
    await using opened = await openPage();
    const { page } = opened;
    const playing = (): Promise<unknown> =>
      page.evaluate(() => {
        const { client, document } = globalThis as unknown as Scope;
        return {
          picture: !document.querySelector("video").paused,
          sound: [!document.querySelector("audio").paused, client.sound],
        };
      });
    const all = { picture: true, sound: [true, "on"] };
    await expect.poll(playing, slow).toEqual(all);
    await page.evaluate(() => {
      (globalThis as unknown as Scope).client.unmount();
    });
    const sound = (): Promise<string> =>
      page.evaluate(() => (globalThis as unknown as Scope).client.sound);
    await expect.poll(sound, arrival).toBe("blocked");
    await page.evaluate(() => {
      const { client, document } = globalThis as unknown as Scope;
      client.mount(document.getElementById("place"));
    });
    await expect.poll(playing, arrival).toEqual(all);
    expect(await kind(page)).toBe("connected");
  },
  testTimeoutMs,
);

test.each(["page", "shadow tree"] as const)(
  "in a %s, the keys for paste bring what the browser has",
  async (where) => {
    const place = displayOf(session.agent);
    await using owner = await xclipCopy(
      place,
      "UTF8_STRING",
      Buffer.from("of the session"),
    );
    expect(owner.pid).toBeGreaterThan(0);
    await using opened = await openPage(where);
    const { page } = opened;
    await page.fill("#text", `from the ${where}`);
    await page.focus("#text");
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+c");
    await page.locator("#place").click();
    await page.keyboard.press("Control+v");
    await expect
      .poll(
        async () => (await xclipPaste(place, "UTF8_STRING")).toString(),
        arrival,
      )
      .toBe(`from the ${where}`);
  },
  testTimeoutMs,
);

describe("arguments", () => {
  const qualities: { name: string; fails?: string }[] = [
    { name: "29.97" },
    { name: "0" },
    { name: "-5" },
    { name: "1e300" },
    { name: "Infinity", fails: "RangeError" },
    { name: "NaN", fails: "RangeError" },
    { name: "'30'", fails: "TypeError" },
  ];
  test(
    "that are odd or none never end the session",
    async () => {
      await using opened = await openPage();
      const { page } = opened;
      for (const { name, fails } of qualities)
        for (const field of ["maxBps", "maxFps"]) {
          const outcome = await page.evaluate(
            ([key, value]) => {
              const { client } = globalThis as unknown as Scope;
              const number = value.startsWith("'") ? value : Number(value);
              try {
                client.setQuality({ [key]: number });
                return undefined;
              } catch (error) {
                return (error as Error).name;
              }
            },
            [field, name] as const,
          );
          expect(outcome).toBe(fails);
        }
      const problems = await page.evaluate(async () => {
        const { client } = globalThis as unknown as Scope;
        client.files.upload([new File(["a"], "")]);
        client.files.download("");
        const read = await client.files
          .read("x".repeat(2_000))
          .catch((error: unknown) => (error as { problem: string }).problem);
        let given = "";
        try {
          client.sharing.giveControl(undefined);
        } catch (error) {
          given = (error as Error).name;
        }
        const transfers = client.files.state.transfers;
        return [...transfers.map(({ problem }) => problem), read, given];
      });
      expect(problems).toEqual([
        "bad-name",
        "not-found",
        "not-found",
        "TypeError",
      ]);
      // Whatever the agent would have had to say, it has said.
      await page.waitForTimeout(500);
      expect(await kind(page)).toBe("connected");
      const start = session.listener.lines.length;
      await page.locator("#place").click();
      await page.keyboard.type("here");
      await expect.poll(() => session.textSince(start), arrival).toBe("here");
    },
    testTimeoutMs,
  );
});

describe("addresses", () => {
  /** Tries one. @returns its state, or what the constructor has thrown. */
  async function outcomeOf(
    page: Page,
    url: string,
    until: string,
  ): Promise<string> {
    return await page.evaluate(
      async ([address, wanted]) => {
        const { StreamSpaceClient } = globalThis as unknown as Scope;
        try {
          const client = new StreamSpaceClient({ url: address });
          const { headline, detail } = await new Promise<Client["state"]>(
            (resolve) => {
              client.on("state", (state) => {
                if (state.kind === wanted) resolve(state);
              });
              client.connect();
            },
          );
          client.close();
          return `${headline}: ${detail ?? ""}`;
        } catch (error) {
          return String(error);
        }
      },
      [url, until] as const,
    );
  }

  test(
    "that are none, lead nowhere, or have no token are said to be that",
    async () => {
      await using opened = await openPage();
      const { page } = opened;
      expect(await outcomeOf(page, "nonsense", "")).toMatch(
        /^TypeError: url is to be the address of the agent's page/,
      );
      const port = await freePort();
      const nowhere = `http://127.0.0.1:${port}/#token=t`;
      expect(await outcomeOf(page, nowhere, "waiting-to-retry")).toMatch(
        /^The session cannot be reached: .*address may be wrong/,
      );
      const bare = new URL(session.agent.url);
      bare.hash = "";
      expect(await outcomeOf(page, bare.href, "needs-token")).toMatch(
        /^The address has no access token/,
      );
    },
    testTimeoutMs,
  );

  test(
    "are asked for by the example",
    async () => {
      const context = await chromium.browser.newContext();
      try {
        const page = await context.newPage();
        const errors: string[] = [];
        page.on("pageerror", ({ message }) => errors.push(message));
        await page.goto(`${portal.origin}/embed.html`);
        await expect
          .poll(() => page.locator("#state").textContent(), arrival)
          .toMatch(/Put the address that the agent printed .*#token=/);
        expect(errors).toEqual([]);
      } finally {
        await context.close();
      }
    },
    testTimeoutMs,
  );
});
