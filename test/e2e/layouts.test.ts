/**
 * Every printable character of real layouts, typed in the page and read by xterm: with the session's layout another one, and
 * with the same.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { openForInput } from "../fixtures/e2e-input.ts";
import { keysOfLayout, typeLayoutKey } from "../fixtures/e2e-layout-keys.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";
import {
  startTerminalSession,
  type TerminalSession,
} from "../fixtures/e2e-terminal.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 50, timeout: 10_000 };

let chromium: ChromiumBrowser;
let session: TerminalSession;

beforeAll(async () => {
  chromium = await launchChromium();
  session = await startTerminalSession();
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await session.close();
});

/** The fewest characters that such a layout has on its own keys. */
const layouts = [
  { page: "us", session: "us", atLeast: 95 },
  { page: "de", session: "us", atLeast: 110 },
  { page: "de", session: "de", atLeast: 110 },
  { page: "fr", session: "us", atLeast: 110 },
  { page: "fr", session: "fr", atLeast: 110 },
  { page: "ru", session: "us", atLeast: 80 },
  { page: "ru", session: "ru", atLeast: 80 },
  { page: "jp", session: "us", atLeast: 95 },
  { page: "jp", session: "jp", atLeast: 95 },
  // The page's keyboard is none that the session has ever heard of.
  { page: "de", session: "ru", atLeast: 110 },
];

describe.each(layouts)(
  "a page with layout $page in a session with $session",
  ({ page: pageLayout, session: sessionLayout, atLeast }) => {
    test(
      "types each character exactly",
      async () => {
        const keys = await keysOfLayout(pageLayout);
        expect(keys.length).toBeGreaterThanOrEqual(atLeast);
        await using viewer = await openForInput(
          chromium.browser,
          session.agent.url,
        );
        await viewer.page.evaluate((layout) => {
          (globalThis as unknown as PageScope).streamspace?.keyboard.setLayout(
            layout,
          );
        }, sessionLayout);
        await expect
          .poll(
            () =>
              viewer.page.evaluate(
                () =>
                  (globalThis as unknown as PageScope).streamspace?.keyboard
                    .state.layout,
              ),
            arrival,
          )
          .toBe(sessionLayout);
        const before = (await session.typed()).length;
        const devTools = await viewer.page.context().newCDPSession(viewer.page);
        for (const key of keys) await typeLayoutKey(devTools, key);
        const wanted = keys.map(({ character }) => character).join("");
        await expect
          .poll(async () => (await session.typed()).slice(before), arrival)
          .toBe(wanted);
      },
      testTimeoutMs,
    );
  },
);
