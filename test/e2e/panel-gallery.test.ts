/**
 * Every section of the panel on made-up contents: what a person can do in it, by keyboard, and how it looks.
 *
 * With `STREAMSPACE_E2E_PICTURES` set to a folder, a picture of each is written there.
 */
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { checkAccessibility } from "../fixtures/e2e-accessibility.ts";
import {
  startGallery,
  type FolderServer,
} from "../fixtures/e2e-panel-gallery.ts";

const sections = [
  "quality",
  "sound",
  "display",
  "clipboard",
  "keyboard",
  "files",
  "sharing",
  "about",
] as const;
const schemes = ["light", "dark"] as const;
const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
const picturesFolder = process.env["STREAMSPACE_E2E_PICTURES"];
/** Longer than the panel takes to come in. */
const settledMs = 300;

interface GalleryScope {
  gallery: { calls: string[]; panel: { open(section?: string): void } };
}

let chromium: ChromiumBrowser;
let server: FolderServer;

beforeAll(async () => {
  [chromium, server] = await Promise.all([launchChromium(), startGallery()]);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await server.close();
});

async function openGallery(
  options: {
    viewport?: { width: number; height: number };
    colorScheme?: "light" | "dark";
  } = {},
): Promise<{ page: Page } & AsyncDisposable> {
  const context = await chromium.browser.newContext({
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  await page.goto(`${server.origin}/gallery/index.html`);
  await page.waitForFunction(
    () => (globalThis as unknown as Partial<GalleryScope>).gallery,
  );
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

async function show(page: Page, section: string): Promise<void> {
  await page.evaluate((id) => {
    (globalThis as unknown as GalleryScope).gallery.panel.open(id);
  }, section);
  await page.waitForTimeout(settledMs);
}

function calls(page: Page): Promise<string[]> {
  return page.evaluate(
    () => (globalThis as unknown as GalleryScope).gallery.calls,
  );
}

describe.each(schemes)("in the %s scheme", (colorScheme) => {
  test.each(sizes)(
    "every section at $width × $height keeps to WCAG AA, and fits",
    async (viewport) => {
      await using opened = await openGallery({ viewport, colorScheme });
      const { page } = opened;
      for (const section of sections) {
        await show(page, section);
        const { violations, passes } = await checkAccessibility(page);
        expect(violations, section).toEqual([]);
        // That it looked at something.
        expect(passes).toContain("color-contrast");
        expect(await overflowing(page), section).toEqual([]);
        if (picturesFolder === undefined) continue;
        const name = `${section}-${colorScheme}-${viewport.width}.png`;
        await page.screenshot({ path: join(picturesFolder, name) });
      }
    },
  );
});

/** Elements of the shown section that reach beyond its sides. */
function overflowing(page: Page): Promise<string[]> {
  return page.locator(".panel-body:not([hidden])").evaluate((body) => {
    const outer = body as unknown as Measured;
    const { left, right } = outer.getBoundingClientRect();
    return [...outer.querySelectorAll("*")]
      .filter((each) => {
        const box = each.getBoundingClientRect();
        const isShown = box.width > 1 && box.height > 1;
        return isShown && (box.left < left - 1 || box.right > right + 1);
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 120));
  });
}
interface Measured {
  outerHTML: string;
  getBoundingClientRect(): {
    left: number;
    right: number;
    width: number;
    height: number;
  };
  querySelectorAll(selector: string): Iterable<Measured>;
}

test("arrow keys go from tab to tab and around, Home and End to the ends", async () => {
  await using opened = await openGallery();
  const { page } = opened;
  await show(page, "quality");
  const focused = (): Promise<string | null> =>
    page.locator(":focus").getAttribute("id");
  expect(await focused()).toBe("panel-tab-quality");
  for (const section of [...sections.slice(1), "quality"]) {
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toBe(`panel-tab-${section}`);
    await page.locator(`#panel-body-${section}`).waitFor({ state: "visible" });
    expect(await page.locator(".panel-body:visible").count()).toBe(1);
  }
  await page.keyboard.press("ArrowUp");
  expect(await focused()).toBe("panel-tab-about");
  await page.keyboard.press("Home");
  expect(await focused()).toBe("panel-tab-quality");
  await page.keyboard.press("End");
  expect(await focused()).toBe("panel-tab-about");
});

test.each(sections)(
  "Tab reaches every control of %s in the order of reading, with a visible focus",
  async (section) => {
    await using opened = await openGallery();
    const { page } = opened;
    await show(page, section);
    const body = page.locator(`#panel-body-${section}`);
    const expected = await body.evaluate((element) => {
      const root = element as unknown as ControlScope;
      const all = [
        ...root.querySelectorAll(
          "button, input, select, textarea, summary, a[href], [tabindex='0']",
        ),
      ];
      return all.filter(
        (each) =>
          each.checkVisibility() &&
          each.disabled !== true &&
          // Of radio buttons the chosen one alone is on the way.
          (each.type !== "radio" || each.checked === true),
      ).length;
    });
    expect(expected).toBeGreaterThan(0);
    await page.keyboard.press("Tab"); // From the tab to the section itself.
    for (let index = 0; index < expected; index += 1) {
      await page.keyboard.press("Tab");
      const focus = page.locator(":focus");
      expect(await focus.evaluate(isInside, section), String(index)).toBe(true);
      expect(await focus.evaluate(showsFocus), String(index)).toBe(true);
    }
    await page.keyboard.press("Tab");
    expect(await page.locator(`#panel-body-${section} :focus`).count()).toBe(0);
  },
);

interface ControlScope {
  querySelectorAll(selector: string): Iterable<{
    type?: string;
    checked?: boolean;
    disabled?: boolean;
    checkVisibility(): boolean;
  }>;
}

function isInside(element: unknown, section: string): boolean {
  const focused = element as { closest(selector: string): unknown };
  return focused.closest(`#panel-body-${section}`) !== null;
}

/** An outline of its own, or of the label that stands for it. */
function showsFocus(element: unknown): boolean {
  const page = globalThis as unknown as {
    getComputedStyle(element: unknown): {
      outlineStyle: string;
      outlineWidth: string;
    };
  };
  const { nextElementSibling } = element as { nextElementSibling: unknown };
  return [element, nextElementSibling]
    .filter((each) => each !== null)
    .map((each) => page.getComputedStyle(each))
    .some(
      ({ outlineStyle, outlineWidth }) =>
        outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    );
}

test("what is done in the sections reaches the features", async () => {
  await using opened = await openGallery();
  const { page } = opened;
  await show(page, "clipboard");
  await page.getByLabel("Text", { exact: true }).fill("für dich");
  await page.getByRole("button", { name: "Put on the session’s" }).click();
  await page.getByText("It is on the session’s clipboard.").waitFor();
  await page.getByRole("button", { name: "Copy to this device" }).click();
  await show(page, "display");
  await page.getByRole("radio", { name: "Actual size" }).click();
  await show(page, "keyboard");
  await page.getByRole("button", { name: "Ctrl+Alt+Del" }).click();
  await page.getByLabel("Layout in the session").selectOption("fr");
  await show(page, "files");
  await page.locator("input[type=file]").setInputFiles({
    name: "a file.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("content"),
  });
  await page.getByRole("button", { name: /^Cancel holiday/ }).click();
  await page.getByRole("button", { name: "Download report.pdf" }).click();
  await show(page, "sharing");
  await page.getByRole("button", { name: "Give control to Grace" }).click();
  await page.getByRole("button", { name: "Not now: Grace" }).click();
  await page.getByRole("button", { name: "Remove Guest 3" }).click();
  await page.getByRole("button", { name: "Give control back" }).click();
  const made = await calls(page);
  expect(made.filter((call) => !call.startsWith("open "))).toEqual([
    "attention true",
    "send für dich",
    "copy",
    "mode actual",
    "press Ctrl+Alt+Del",
    "layout fr",
    "upload a file.txt",
    "cancel 1",
    "download report.pdf",
    "give 2",
    "refuse 2",
    "remove 3",
    "release",
  ]);
});

test("a badge says that somebody waits, and goes when nobody does", async () => {
  await using opened = await openGallery();
  const { page } = opened;
  await show(page, "quality");
  await page.getByRole("tab", { name: "Sharing 1" }).waitFor();
  await page.evaluate(() => {
    const { gallery } = globalThis as unknown as {
      gallery: {
        sharing: { state: { people: object[] }; set(state: unknown): void };
      };
    };
    const { state } = gallery.sharing;
    const people = state.people.map((person) => ({ ...person, asks: false }));
    gallery.sharing.set({ ...state, people });
  });
  await page.getByRole("tab", { name: "Sharing", exact: true }).waitFor();
  expect((await calls(page)).at(-1)).toBe("attention false");
});

test("a closed panel takes no focus and no room, whatever is pressed", async () => {
  await using opened = await openGallery();
  const { page } = opened;
  await show(page, "files");
  await page.keyboard.press("Escape");
  await page.locator("#panel").waitFor({ state: "hidden" });
  for (let index = 0; index < 4; index += 1) {
    await page.keyboard.press("Tab");
    expect(await page.locator("#panel :focus").count()).toBe(0);
  }
  expect(await calls(page)).toContain("done");
});

test("on a phone the panel is a sheet at the foot, and a touch of the picture closes it", async () => {
  await using opened = await openGallery({
    viewport: { width: 390, height: 844 },
  });
  const { page } = opened;
  await show(page, "sound");
  const box = await page.locator("#panel").boundingBox();
  expect(box).toMatchObject({ x: 0, width: 390 });
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeCloseTo(844, 0);
  expect(box?.height).toBeLessThan(844 * 0.65);
  await page.mouse.click(200, 100);
  await page.locator("#panel").waitFor({ state: "hidden" });
});
