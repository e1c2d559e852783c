/**
 * Input: what is done on the page is what an X client hears, over either path, and nothing stays held.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  button1Mask,
  expectClick,
  expectDrag,
  expectWheel,
} from "../fixtures/e2e-gestures.ts";
import {
  openForInput,
  startInputSession,
  type InputPath,
  type InputSession,
  type InputViewer,
} from "../fixtures/e2e-input.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";

const testTimeoutMs = 30_000;
const arrival = { interval: 20, timeout: 5_000 };
const paths: readonly InputPath[] = ["data channels", "WebSocket"];

/** What a US keyboard types. */
const usText =
  "The quick brown fox jumps over the lazy dog 0123456789 " +
  "~!@#$%^&*()_+{}|:\"<>? `-=[]\\;',./ THE QUICK BROWN FOX AaAaAa  !1!1";

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

async function open(
  options: Parameters<typeof openForInput>[2] = {},
): Promise<InputViewer> {
  return await openForInput(chromium.browser, session.agent.url, options);
}

/** That input took the path it was to take. */
function expectPath(viewer: InputViewer, path: InputPath): void {
  if (path === "WebSocket")
    expect(viewer.inputOverWebSocket()).toBeGreaterThan(0);
  else expect(viewer.inputOverWebSocket()).toBe(0);
}

describe.each(paths)("over %s", (path) => {
  test(
    "types text exactly",
    async () => {
      await using viewer = await open({ path });
      const start = session.listener.lines.length;
      await viewer.page.keyboard.type(usText);
      await expect
        .poll(() => session.textSince(start), arrival)
        .toHaveLength(usText.length);
      expect(session.textSince(start)).toBe(usText);
      await expectNothingHeld();
      expectPath(viewer, path);
    },
    testTimeoutMs,
  );

  test(
    "clicks, turns the wheel and drags",
    async () => {
      await using viewer = await open({ path });
      await expectClick(session, viewer, { x: 301, y: 402 }, 0);
      await expectWheel(session, viewer.page);
      await expectDrag(session, viewer.page);
      expectPath(viewer, path);
    },
    testTimeoutMs,
  );

  test(
    "releases held keys and buttons when the page is closed",
    async () => {
      await using viewer = await open({ path });
      await holdSomething(viewer.page);
      expectPath(viewer, path);
      await viewer.page.close();
      await expectNothingHeld();
    },
    testTimeoutMs,
  );
});

test(
  "releases what is held and goes on over the WebSocket when the data channels end",
  async () => {
    await using viewer = await open();
    await holdSomething(viewer.page);
    await viewer.closeChannels();
    await expectNothingHeld();
    expect(await viewer.state()).toBe("connected");
    for (const key of ["Control", "KeyA"]) await viewer.page.keyboard.up(key);
    await viewer.page.mouse.up();
    const start = session.listener.lines.length;
    await viewer.page.keyboard.type("after");
    await expect.poll(() => session.textSince(start), arrival).toBe("after");
    expectPath(viewer, "WebSocket");
    await expectNothingHeld();
  },
  testTimeoutMs,
);

test(
  "types upper case with Shift held, as a person does",
  async () => {
    await using viewer = await open();
    const start = session.listener.lines.length;
    await viewer.page.keyboard.down("Shift");
    for (const code of ["KeyA", "KeyZ", "Digit1", "Slash"])
      await viewer.page.keyboard.press(code);
    await viewer.page.keyboard.up("Shift");
    await viewer.page.keyboard.press("KeyA");
    await expect.poll(() => session.textSince(start), arrival).toBe("AZ!?a");
    await expectNothingHeld();
  },
  testTimeoutMs,
);

test(
  "types letters that the session's keyboard does not have, and those behind AltGr",
  async () => {
    await using viewer = await open();
    const start = session.listener.lines.length;
    // A German keyboard, as Chromium reports it.
    const keyboard = await germanKeyboard(viewer.page);
    for (const [key, code] of [
      ["ä", "Quote"],
      ["ö", "Semicolon"],
      ["ü", "BracketLeft"],
      ["ß", "Minus"],
      ["Ä", "Quote"],
      ["z", "KeyY"],
    ] as const) {
      await keyboard("keyDown", key, code);
      await keyboard("keyUp", key, code);
    }
    await keyboard("keyDown", "AltGraph", "AltRight");
    for (const [key, code] of [
      ["€", "KeyE"],
      ["@", "KeyQ"],
      ["{", "Digit7"],
      ["µ", "KeyM"],
    ] as const) {
      await keyboard("keyDown", key, code);
      await keyboard("keyUp", key, code);
    }
    await keyboard("keyUp", "AltGraph", "AltRight");
    await viewer.page.keyboard.press("KeyX");
    await expect
      .poll(() => session.textSince(start), arrival)
      .toBe("äöüßÄz€@{µx");
    await expectNothingHeld();
  },
  testTimeoutMs,
);

/** Chromium's own events for keys that the driver's US layout does not know. */
async function germanKeyboard(
  page: Page,
): Promise<
  (type: "keyDown" | "keyUp", key: string, code: string) => Promise<void>
> {
  const devTools = await page.context().newCDPSession(page);
  return async (type, key, code) => {
    const text = type === "keyDown" && key.length === 1 ? { text: key } : {};
    await devTools.send("Input.dispatchKeyEvent", { type, key, code, ...text });
  };
}

test(
  "releases held keys and buttons when the stage loses the focus",
  async () => {
    await using viewer = await open();
    await holdSomething(viewer.page);
    await viewer.page.evaluate(() => {
      (globalThis as unknown as PageScope).document.activeElement?.blur();
    });
    await expectNothingHeld();
  },
  testTimeoutMs,
);

test(
  "releases held keys when the user goes to the page's controls",
  async () => {
    await using viewer = await open();
    // They hide themselves; the keys must bring them back.
    const controls = viewer.page.getByRole("toolbar");
    await controls.waitFor({ state: "hidden", timeout: 10_000 });
    await holdSomething(viewer.page);
    await viewer.page.mouse.up();
    for (const key of ["Control", "Alt", "Shift", "KeyM"])
      await viewer.page.keyboard.down(key);
    await expectNothingHeld();
    await controls.waitFor({ state: "visible", timeout: 5_000 });
  },
  testTimeoutMs,
);

/**
 * The last release may still be on its way to the server, and what it repeated until then on its way
 * to us; afterwards nothing of what was held can be heard any more.
 */
async function expectNothingHeld(): Promise<void> {
  await expect
    .poll(() => session.held(), arrival)
    .toEqual({ keycodes: [], buttons: 0 });
  await session.caughtUp();
}

/** A letter, a modifier and a mouse button, down in the session. */
async function holdSomething(page: Page): Promise<void> {
  await page.mouse.move(500, 300);
  await page.mouse.down();
  await page.keyboard.down("Control");
  await page.keyboard.down("KeyA");
  await expect
    .poll(async () => {
      const { keycodes, buttons } = await session.held();
      return { keys: keycodes.length, buttons };
    }, arrival)
    .toEqual({ keys: 2, buttons: button1Mask });
}
