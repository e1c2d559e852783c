/**
 * What a page tells those who may not act: who does, and how to get there; and no controls that do nothing.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { checkAccessibility } from "../fixtures/e2e-accessibility.ts";
import { openPanel } from "../fixtures/e2e-panel.ts";
import { shareLink, waitForSharing } from "../fixtures/e2e-sharing.ts";
import { openInChromium } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 60_000;

let chromium: ChromiumBrowser;
let agent: AgentProcess;

beforeAll(async () => {
  chromium = await launchChromium();
  agent = await startAgent({
    args: [
      ...["--window-manager", "none", "--control", "exclusive"],
      ...["--resize", "follow"],
    ],
    command: ["sleep", "1000"],
  });
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
});

const open = (url: string) => openInChromium(chromium.browser, url);
const button = (page: Page, name: string) => page.getByRole("button", { name });

test(
  "a second controller is told at once that somebody else acts, and takes control from the notice",
  async () => {
    await using first = await open(agent.url);
    await first.waitForState("connected");
    await waitForSharing(first.page, "control", (state) => state.mayControl);
    await using second = await open(agent.url);
    await second.waitForState("connected");
    await second.waitForWords(/Connected\. Somebody else controls the session/);
    await button(second.page, "Ask for control").waitFor();
    expect((await checkAccessibility(second.page)).violations).toEqual([]);
    await button(second.page, "Take control").click();
    await waitForSharing(second.page, "control", (state) => state.mayControl);
    await second.waitForWords(/^Connected$/m);
    // The one who lost it is told so, and what a press that does nothing is followed by.
    await first.waitForWords(/has taken control/);
    await first.page.mouse.click(500, 300);
    await first.waitForWords(/Ask for it, or take it/);
    await button(first.page, "Take control").click();
    await waitForSharing(first.page, "control", (state) => state.mayControl);
  },
  testTimeoutMs,
);

test(
  "a looker has words of its own, and no controls that do nothing",
  async () => {
    await using first = await open(agent.url);
    await first.waitForState("connected");
    await using looker = await open(await shareLink(first.page));
    await looker.waitForState("connected");
    const { page } = looker;
    await looker.waitForWords(/Connected\. You can look at this session/);
    expect(await page.locator(".on-screen-keyboard").isHidden()).toBe(true);
    await openPanel(page);
    await page.getByRole("tab", { name: "Clipboard" }).click();
    await looker.waitForWords(
      /Only who controls the session uses its clipboard/,
    );
    await page.getByRole("tab", { name: "Display" }).click();
    await looker.waitForWords(/Only who controls the session changes its size/);
    const follow = page.getByRole("radio", { name: /Follow this window/ });
    expect([await follow.isDisabled(), await follow.isChecked()]).toEqual([
      true,
      false,
    ]);
    expect((await checkAccessibility(page)).violations).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "a press that turns the sound on is still a press on the notice",
  async () => {
    await using first = await open(agent.url);
    await waitForSharing(first.page, "control", (state) => state.mayControl);
    // Not the fixture's page, which has been pressed already.
    const page = await chromium.browser.newPage();
    try {
      await page.goto(agent.url);
      const sound = button(page, "Turn on sound");
      await sound.waitFor();
      await button(page, "Take control").hover();
      await page.mouse.down();
      // A finger is slower than the sound.
      await sound.waitFor({ state: "hidden" });
      await page.mouse.up();
      await waitForSharing(page, "control", (state) => state.mayControl);
    } finally {
      await page.close();
    }
  },
  testTimeoutMs,
);

test(
  "the keyboard of a phone is offered to who controls alone",
  async () => {
    const context = await chromium.browser.newContext({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    try {
      await using first = await open(agent.url);
      // A page of the test before may still have it kept.
      await waitForSharing(first.page, "control", (state) => state.mayControl);
      const phone = await context.newPage();
      await phone.goto(agent.url);
      const keyboard = phone.locator(".on-screen-keyboard");
      await button(phone, "Take control").waitFor();
      expect(await keyboard.isHidden()).toBe(true);
      await button(phone, "Take control").tap();
      await keyboard.waitFor({ state: "visible" });
    } finally {
      await context.close();
    }
  },
  testTimeoutMs,
);
