/**
 * Firefox: every printable character of real layouts, and the clipboard, which it gives a page with a paste event alone and
 * takes from one in a gesture alone.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../fixtures/agent-process.ts";
import { launchFirefox } from "../fixtures/browser-firefox.ts";
import {
  openFirefoxClipboardTab,
  pressPasteInFirefox,
  type ClipboardTab,
} from "../fixtures/e2e-clipboard.ts";
import { keysOfLayout } from "../fixtures/e2e-layout-keys.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";
import { digestOf } from "../fixtures/random-content.ts";
import {
  startX11Client,
  type X11ClientProcess,
} from "../fixtures/x11-client-process.ts";
import type { ListenerLine } from "../fixtures/x11-key-listener.ts";
import { startXvfb } from "../fixtures/x11-xvfb.ts";
import { xclipCopy, xclipPaste, type XclipPlace } from "../fixtures/xclip.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 50, timeout: 20_000 };

const text = "Grüße, 世界 🎉\n\ttabs and lines\n";
const html = '<p style="color: red" data-x="1">Grüße <b>世界</b><!-- c --></p>';
const picture = fileURLToPath(
  new URL("../../docs/session.png", import.meta.url),
);

type Pasted = Extract<ListenerLine, { type: "pasted" }>;

let agent: AgentProcess;
let place: XclipPlace;
let page: Page;
let tab: ClipboardTab;
const owned = new AsyncDisposableStack();

beforeAll(async () => {
  agent = owned.use(
    await startAgent({
      args: ["--window-manager", "none"],
      command: ["sleep", "1000"],
    }),
  );
  place = displayOf(agent);
  const xvfb = owned.use(await startXvfb());
  const { browser } = owned.use(await launchFirefox({ display: xvfb.display }));
  page = await browser.newPage();
  await page.setViewport({ width: 1_280, height: 720 });
  await page.goto(agent.url, { timeout: 15_000 });
  tab = await openFirefoxClipboardTab(browser, agent.url);
  await page.bringToFront();
  await poll(
    async () =>
      (await page.evaluate(
        () => (globalThis as unknown as PageScope).streamspace?.state.kind,
      )) === "connected" || undefined,
    { everyMs: 50, timeoutMs: 20_000, what: "the picture in Firefox" },
  );
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

describe("typing", () => {
  let listener: X11ClientProcess;
  beforeAll(async () => {
    listener = owned.use(await startX11Client("x11-key-listener", place));
    await page.mouse.click(600, 300);
  }, testTimeoutMs);

  test.each(["us", "de", "fr", "ru", "jp"])(
    "each printable character of the layout %s arrives",
    async (layout) => {
      const characters = (await keysOfLayout(layout))
        .map(({ character }) => character)
        .join("");
      const start = listener.text().length;
      await page.keyboard.type(characters);
      await expect
        .poll(() => listener.text().slice(start), arrival)
        .toBe(characters);
    },
    testTimeoutMs,
  );
});

describe("the clipboard", () => {
  let paster: X11ClientProcess;
  beforeAll(async () => {
    paster = owned.use(await startX11Client("x11-paster", place));
  }, testTimeoutMs);

  /** Presses the keys for "paste" on the page. @returns what an X program gets that pastes when it hears them. */
  async function paste(): Promise<Pasted[]> {
    const start = paster.lines.length;
    await page.bringToFront();
    await page.mouse.click(600, 300);
    await pressPasteInFirefox(page);
    return await paster.waitFor("the paste", (lines) => {
      const pasted = lines
        .slice(start)
        .filter((line) => line.type === "pasted");
      return pasted.at(-1)?.format === "end" ? pasted.slice(0, -1) : undefined;
    });
  }

  function expected(format: Pasted["format"], content: Uint8Array): Pasted {
    const bytes = content.length;
    return { type: "pasted", format, bytes, digest: digestOf(content) };
  }

  test(
    "goes into the session byte by byte: text, HTML and PNG",
    async () => {
      await tab.copy({ text, html });
      expect(await paste()).toEqual([
        expected("text", Buffer.from(text)),
        expected("html", Buffer.from(html)),
      ]);
      expect((await xclipPaste(place, "UTF8_STRING")).toString()).toBe(text);
      const png = (await readFile(picture)).toString("base64");
      await tab.copy({ png });
      const given = Buffer.from((await tab.paste()).png ?? "", "base64");
      expect(given.length).toBeGreaterThan(1_000);
      expect(await paste()).toEqual([expected("png", given)]);
    },
    testTimeoutMs,
  );

  test(
    "comes out of the session with the next gesture: text, HTML and PNG",
    async () => {
      await page.bringToFront();
      await using textOwner = await xclipCopy(
        place,
        "UTF8_STRING",
        Buffer.from(`out ${text}`),
      );
      await untilFirefoxHas("text", Buffer.byteLength(`out ${text}`));
      expect(await tab.paste()).toEqual({ text: `out ${text}` });
      await page.bringToFront();
      await using htmlOwner = await xclipCopy(
        place,
        "text/html",
        Buffer.from(html),
      );
      await untilFirefoxHas("html", Buffer.byteLength(html));
      expect((await tab.paste()).html).toBe(html);
      await page.bringToFront();
      const png = await readFile(picture);
      await using pngOwner = await xclipCopy(place, "image/png", png);
      await untilFirefoxHas("png", png.length);
      const { png: given = "" } = await tab.paste();
      expect(await tab.pixelsOf(given)).toBe(
        await tab.pixelsOf(png.toString("base64")),
      );
      expect(await textOwner.exited).toBe(0);
      expect(await htmlOwner.exited).toBe(0);
      expect(pngOwner.pid).toBeGreaterThan(0);
    },
    testTimeoutMs,
  );

  /** Until the page has heard of it, and then, by a click, until the browser has it. */
  async function untilFirefoxHas(format: string, bytes: number): Promise<void> {
    await expect
      .poll(clipboardState, arrival)
      .toMatchObject({ formats: [{ format, bytes }] });
    await page.mouse.click(600, 300);
    await expect.poll(clipboardState, arrival).toMatchObject({
      ...{ formats: [{ format, bytes }], isWaiting: false },
      lastError: undefined,
    });
  }
});

interface StateScope {
  streamspace: {
    clipboard: {
      state: {
        isWaiting: boolean;
        lastError: string | undefined;
        formats: { format: string; bytes: number }[];
      };
    };
  };
}

function clipboardState(): Promise<
  StateScope["streamspace"]["clipboard"]["state"]
> {
  return page.evaluate(
    () => (globalThis as unknown as StateScope).streamspace.clipboard.state,
  );
}
