/**
 * Sharing as people do it: in the panel of the page.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { checkAccessibility } from "../fixtures/e2e-accessibility.ts";
import {
  openForInput,
  startInputSession,
  type InputSession,
  type InputViewer,
} from "../fixtures/e2e-input.ts";
import { waitForSharing } from "../fixtures/e2e-sharing.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 5_000 };

let chromium: ChromiumBrowser;
let session: InputSession;

beforeAll(async () => {
  [chromium, session] = await Promise.all([
    launchChromium(),
    startInputSession({ args: ["--control", "exclusive"] }),
  ]);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await session.close();
});

/** Opens the section by the pointer. */
async function openSharing(page: Page): Promise<void> {
  await page.mouse.move(640, 300);
  await page.mouse.move(640, 1);
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("tab", { name: /^Sharing/ }).click();
}

const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole("button", { name }).click();

/** Presses a key on the desktop. @returns whether it arrived. */
async function types(viewer: InputViewer, text: string): Promise<void> {
  const start = session.listener.lines.length;
  await viewer.page.mouse.click(300, 300);
  await viewer.page.keyboard.type(text);
  await expect.poll(() => session.textSince(start), arrival).toBe(text);
}

test(
  "control is asked for, given and given back in the panel",
  async () => {
    await using first = await openForInput(chromium.browser, session.agent.url);
    await using second = await openForInput(
      chromium.browser,
      session.agent.url,
    );
    await openSharing(second.page);
    await second.waitForWords(/Somebody else controls the session/);
    await press(second.page, "Ask for control");
    await second.waitForWords(/You have asked for control/);
    await openSharing(first.page);
    await first.page.getByRole("tab", { name: "Sharing 1" }).waitFor();
    await first.waitForWords(/Guest \d+ asks for control/);
    await checkAccessibility(first.page);
    await press(first.page, /^Give control to Guest/);
    await second.waitForWords(/You have control\./);
    await second.waitForWords(/You control the session/);
    await types(second, "mine");
    await press(second.page, "Give control back");
    await first.waitForWords(/Nobody controls the session/);
    await press(first.page, "Take control");
    await first.waitForWords(/You control the session/);
    await types(first, "again");
    await press(second.page, "Take control");
    await first.waitForWords(/Guest \d+ has taken control/);
    await types(second, "taken");
  },
  testTimeoutMs,
);

test(
  "the link of the panel lets look, under a name that everybody sees, and its visit can be ended",
  async () => {
    await using first = await openForInput(chromium.browser, session.agent.url);
    await openSharing(first.page);
    const field = first.page.getByLabel("Link for looking");
    await expect.poll(() => field.inputValue(), arrival).toContain("#token=");
    const link = await field.inputValue();
    expect(link).not.toContain(session.agent.token);
    await using looker = await openForInput(chromium.browser, link);
    await openSharing(looker.page);
    await looker.waitForWords(/You can look at this session/);
    await checkAccessibility(looker.page);
    for (const name of [/control/i, /^Remove/])
      expect(await looker.page.getByRole("button", { name }).count()).toBe(0);
    expect(await looker.page.getByLabel("Link for looking").isVisible()).toBe(
      false,
    );
    await looker.page.getByLabel("Your name").fill("Grace");
    await looker.page.keyboard.press("Enter");
    await first.page.locator(".row-name", { hasText: "Grace" }).waitFor();
    await press(first.page, "Remove Grace from the session");
    await looker.waitForWords(/You were sent out of the session/);
    await expect
      .poll(
        () => first.page.getByText("Grace", { exact: true }).count(),
        arrival,
      )
      .toBe(0);
  },
  testTimeoutMs,
);

test(
  "the pointers of others are drawn where they are, with their names, until they leave",
  async () => {
    await using first = await openForInput(
      chromium.browser,
      session.agent.url,
      { viewport: { width: 1_000, height: 700 } },
    );
    await using second = await openForInput(
      chromium.browser,
      session.agent.url,
    );
    await waitForSharing(
      first.page,
      "two viewers",
      ({ viewers }) => viewers.length === 2,
    );
    const drawn = first.page.locator(".viewer-pointer");
    expect(await drawn.count()).toBe(0);
    for (const place of [
      { x: 400, y: 250 },
      { x: 30, y: 600 },
    ]) {
      const from = await second.locate(place);
      await second.page.mouse.move(from.x, from.y);
      const to = await first.locate(place);
      await expect
        .poll(async () => {
          const { x = 0, y = 0 } = (await drawn.boundingBox()) ?? {};
          return Math.max(Math.abs(x - to.x), Math.abs(y - to.y));
        }, arrival)
        .toBeLessThan(2);
    }
    expect(await drawn.textContent()).toMatch(/^Guest \d+$/);
    await second.page.close();
    await expect.poll(() => drawn.count(), arrival).toBe(0);
  },
  testTimeoutMs,
);

test(
  "somebody who looks is given control where the settings allow it: keys and screen; and loses it again",
  async () => {
    await using shared = await startInputSession({
      args: ["--allow-viewer-control", "--resize", "follow"],
    });
    await using first = await openForInput(chromium.browser, shared.agent.url);
    await openSharing(first.page);
    const field = first.page.getByLabel("Link for looking");
    await expect.poll(() => field.inputValue(), arrival).toContain("#token=");
    await using looker = await openForInput(
      chromium.browser,
      await field.inputValue(),
      { viewport: { width: 900, height: 640 } },
    );
    const screen = async (): Promise<unknown> =>
      (await shared.agent.health()).display;
    expect(await screen()).toMatchObject({ width: 1_280, height: 720 });
    await openSharing(looker.page);
    await press(looker.page, "Ask for control");
    await press(first.page, /^Give control to Guest/);
    await looker.waitForWords(/You have control\./);
    // The panel leaves the rest of the window to the picture.
    await expect
      .poll(screen, arrival)
      .not.toEqual({ width: 1_280, height: 720 });
    const start = shared.listener.lines.length;
    await looker.page.mouse.click(300, 300);
    await looker.page.keyboard.type("both");
    await first.page.mouse.click(300, 300);
    await first.page.keyboard.type("act");
    await expect.poll(() => shared.textSince(start), arrival).toBe("bothact");
    await press(first.page, "Take control from those who look");
    await looker.waitForWords(/Guest \d+ has taken control/);
    const lost = shared.listener.lines.length;
    await looker.page.mouse.click(300, 300);
    await looker.page.keyboard.type("no more");
    await looker.waitForWords(/lets you look/);
    expect(shared.textSince(lost)).toBe("");
  },
  testTimeoutMs,
);
