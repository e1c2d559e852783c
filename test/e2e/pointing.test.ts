/**
 * Pointing beyond clicks: a storm of events, drawing, a locked pointer, and fingers.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../../agent/base/deadline.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  openWithDevTools,
  startInputSession,
  type InputSession,
  type DevToolsViewer,
} from "../fixtures/e2e-input.ts";
import type { PageScope, Place } from "../fixtures/e2e-page-probe.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 8_000 };

let chromium: ChromiumBrowser;
let session: InputSession;

beforeAll(async () => {
  chromium = await launchChromium();
  session = await startInputSession();
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await session.close();
});

const open = (): Promise<DevToolsViewer> =>
  openWithDevTools(chromium.browser, session.agent.url);

/** What buttons did since `start`, as "1+" and "1-". */
function buttonWords(start: number): string[] {
  return session
    .buttonsSince(start)
    .map(({ button, pressed }) => `${button}${pressed ? "+" : "-"}`);
}

test(
  "a storm of 10,000 events loses no button event and ends at the right place",
  async () => {
    await using viewer = await open();
    const start = session.listener.lines.length;
    const names = ["left", "middle", "right", "back", "forward"] as const;
    const numbers = { left: 1, middle: 2, right: 3, back: 8, forward: 9 };
    const bits = { left: 1, right: 2, middle: 4, back: 8, forward: 16 };
    const wanted: string[] = [];
    let held: (typeof names)[number] | undefined;
    let sent: Promise<unknown>[] = [];
    for (let event = 0; event < 10_000; event += 1) {
      const place = { x: (event * 37) % 1_280, y: 40 + ((event * 13) % 680) };
      const turn = event % 20;
      if (turn === 5) held = names[Math.floor(event / 20) % names.length];
      const button = turn === 5 || turn === 15 ? held : undefined;
      if (turn === 15) held = undefined;
      const type =
        button === undefined
          ? "mouseMoved"
          : turn === 5
            ? "mousePressed"
            : "mouseReleased";
      if (button !== undefined)
        wanted.push(`${numbers[button]}${turn === 5 ? "+" : "-"}`);
      sent.push(
        viewer.devTools.send("Input.dispatchMouseEvent", {
          ...{ type, ...place, clickCount: 1 },
          button: button ?? "none",
          buttons: held === undefined ? 0 : bits[held],
        }),
      );
      if (sent.length >= 100) {
        await Promise.all(sent);
        sent = [];
      }
    }
    await Promise.all(sent);
    await expect
      .poll(() => session.buttonsSince(start).length, arrival)
      .toBe(wanted.length);
    expect(wanted).toHaveLength(1_000);
    expect(buttonWords(start)).toEqual(wanted);
    const last = { x: (9_999 * 37) % 1_280, y: 40 + ((9_999 * 13) % 680) };
    await expect
      .poll(
        () => session.listener.lines.findLast((line) => line.type === "motion"),
        arrival,
      )
      .toMatchObject(last);
    expect(await session.held()).toEqual({ keycodes: [], buttons: 0 });
  },
  testTimeoutMs,
);

test(
  "every place of a drawing arrives, in order",
  async () => {
    await using viewer = await open();
    const start = session.listener.lines.length;
    const { mouse } = viewer.page;
    await mouse.move(100, 100);
    await mouse.down();
    const drawn: Place[] = [];
    for (let step = 1; step <= 200; step += 1) {
      const place = { x: 100 + step * 4, y: 100 + ((step * 29) % 300) };
      drawn.push(place);
      await mouse.move(place.x, place.y);
    }
    await mouse.up();
    await expect
      .poll(() => session.buttonsSince(start).length, arrival)
      .toBe(2);
    const passed = session.listener.lines
      .slice(start)
      .flatMap((line) =>
        line.type === "motion" && (line.state & 0x100) !== 0
          ? [{ x: line.x, y: line.y }]
          : [],
      );
    // The release says once more where it is.
    const places = passed.filter(
      ({ x, y }, index) =>
        x !== passed[index - 1]?.x || y !== passed[index - 1]?.y,
    );
    expect(places).toEqual(drawn);
  },
  testTimeoutMs,
);

test(
  "a locked pointer moves by distances, without acceleration, and clicks where it is",
  async () => {
    await using viewer = await open();
    const { page } = viewer;
    const before = session.listener.lines.length;
    await page.mouse.click(600, 300);
    await expect.poll(() => buttonWords(before), arrival).toEqual(["1+", "1-"]);
    await page.evaluate(() => {
      (globalThis as unknown as PageScope).streamspace?.keyboard.press(
        "capture-pointer",
      );
    });
    await expect.poll(() => page.evaluate(isLocked), arrival).toBe(true);
    const start = session.listener.lines.length;
    const steps = [
      { x: 640, y: 310 },
      { x: 641, y: 309 },
      { x: 541, y: 359 },
    ];
    for (const { x, y } of steps) {
      await page.mouse.move(x, y);
      await sleep(30);
    }
    await page.mouse.down({ button: "right" });
    await page.mouse.up({ button: "right" });
    await expect.poll(() => buttonWords(start), arrival).toEqual(["3+", "3-"]);
    // From 600, 300, by the sum of the distances.
    expect(session.buttonsSince(start)[0]).toMatchObject({ x: 541, y: 359 });
    await page.evaluate(() => {
      (globalThis as unknown as LockScope).document.exitPointerLock();
    });
    await expect.poll(() => page.evaluate(isLocked), arrival).toBe(false);
    await page.mouse.click(300, 200);
    await expect
      .poll(() => session.buttonsSince(start).at(-1), arrival)
      .toMatchObject({ button: 1, pressed: false, x: 300, y: 200 });
  },
  testTimeoutMs,
);

interface LockScope {
  document: { pointerLockElement: unknown; exitPointerLock(): void };
}
function isLocked(): boolean {
  return (
    (globalThis as unknown as LockScope).document.pointerLockElement !== null
  );
}

describe("fingers", () => {
  interface Fingers {
    touch(
      type: "touchStart" | "touchMove" | "touchEnd",
      ...places: readonly Place[]
    ): Promise<void>;
  }

  async function openWithFingers(): Promise<DevToolsViewer & Fingers> {
    const viewer = await open();
    await viewer.devTools.send("Emulation.setTouchEmulationEnabled", {
      enabled: true,
      maxTouchPoints: 5,
    });
    return {
      ...viewer,
      touch: async (type, ...places) => {
        await viewer.devTools.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: places.map(({ x, y }, id) => ({ x, y, id })),
        });
      },
    };
  }

  const at = (x: number, y: number): Place => ({ x, y });

  test(
    "that tap click there",
    async () => {
      await using viewer = await openWithFingers();
      const start = session.listener.lines.length;
      await viewer.touch("touchStart", at(400, 300));
      await viewer.touch("touchEnd");
      await expect
        .poll(() => session.buttonsSince(start), arrival)
        .toMatchObject([
          { button: 1, pressed: true, x: 400, y: 300 },
          { button: 1, pressed: false, x: 400, y: 300 },
        ]);
    },
    testTimeoutMs,
  );

  test(
    "that rest click with the right button",
    async () => {
      await using viewer = await openWithFingers();
      const start = session.listener.lines.length;
      await viewer.touch("touchStart", at(420, 310));
      await expect
        .poll(() => session.buttonsSince(start), arrival)
        .toMatchObject([
          { button: 3, pressed: true, x: 420, y: 310 },
          { button: 3, pressed: false, x: 420, y: 310 },
        ]);
      await viewer.touch("touchEnd");
      await session.caughtUp();
      expect(session.buttonsSince(start)).toHaveLength(2);
    },
    testTimeoutMs,
  );

  test(
    "that move drag from where they began",
    async () => {
      await using viewer = await openWithFingers();
      const start = session.listener.lines.length;
      await viewer.touch("touchStart", at(200, 200));
      for (let x = 200; x <= 500; x += 20)
        await viewer.touch("touchMove", at(x, 250));
      await viewer.touch("touchEnd");
      await expect
        .poll(() => session.buttonsSince(start), arrival)
        .toMatchObject([
          { button: 1, pressed: true, x: 200, y: 200 },
          { button: 1, pressed: false, x: 500, y: 250 },
        ]);
    },
    testTimeoutMs,
  );

  test(
    "two by two scroll, and the content follows them",
    async () => {
      await using viewer = await openWithFingers();
      const start = session.listener.lines.length;
      await viewer.touch("touchStart", at(400, 500), at(500, 500));
      for (let y = 500; y >= 200; y -= 20)
        await viewer.touch("touchMove", at(400, y), at(500, y));
      await viewer.touch("touchEnd");
      await expect
        .poll(() => buttonWords(start).length, arrival)
        .toBeGreaterThanOrEqual(6);
      expect(new Set(buttonWords(start))).toEqual(new Set(["5+", "5-"]));
    },
    testTimeoutMs,
  );

  test(
    "that part zoom with Control and the wheel",
    async () => {
      await using viewer = await openWithFingers();
      const start = session.listener.lines.length;
      await viewer.touch("touchStart", at(600, 300), at(640, 300));
      for (let step = 1; step <= 12; step += 1)
        await viewer.touch(
          "touchMove",
          at(600 - 15 * step, 300),
          at(640 + 15 * step, 300),
        );
      await viewer.touch("touchEnd");
      await expect
        .poll(() => session.buttonsSince(start).length, arrival)
        .toBeGreaterThanOrEqual(6);
      for (const line of session.buttonsSince(start)) {
        expect(line.button).toBe(4);
        expect(line.state & 4).toBe(4);
      }
      await expect
        .poll(() => session.held(), arrival)
        .toEqual({ keycodes: [], buttons: 0 });
    },
    testTimeoutMs,
  );

  test(
    "on a trackpad move the pointer from where it is, and tap there",
    async () => {
      await using viewer = await openWithFingers();
      await viewer.touch("touchStart", at(400, 300));
      await viewer.touch("touchEnd");
      await viewer.page.evaluate(() => {
        (globalThis as unknown as PageScope).streamspace?.keyboard.press(
          "trackpad",
        );
      });
      await session.caughtUp();
      // Longer than between a tap and the drag that it begins.
      await sleep(400);
      const start = session.listener.lines.length;
      await viewer.touch("touchStart", at(900, 600));
      for (let x = 900; x <= 1_000; x += 10)
        await viewer.touch("touchMove", at(x, 550));
      await viewer.touch("touchEnd");
      await sleep(400);
      await viewer.touch("touchStart", at(100, 100));
      await viewer.touch("touchEnd");
      await expect
        .poll(() => session.buttonsSince(start), arrival)
        .toMatchObject([
          { button: 1, pressed: true, x: 500, y: 250 },
          { button: 1, pressed: false, x: 500, y: 250 },
        ]);
    },
    testTimeoutMs,
  );

  test(
    "have a button for the device's keyboard, and touch it without touching the desktop",
    async () => {
      await using viewer = await openWithFingers();
      const button = viewer.page.getByRole("button", {
        name: "Keyboard of this device",
      });
      await button.waitFor({ state: "visible" });
      const box = await button.boundingBox();
      if (box === null) throw new Error("the button has no place");
      const start = session.listener.lines.length;
      const middle = at(box.x + box.width / 2, box.y + box.height / 2);
      await viewer.touch("touchStart", middle);
      await viewer.touch("touchEnd");
      const field = viewer.page.locator(".text-field");
      await expect
        .poll(() => field.getAttribute("inputmode"), arrival)
        .toBe("text");
      // What Android's keyboard sends: no key that means anything, and text.
      await viewer.devTools.send("Input.insertText", { text: "hello " });
      await viewer.devTools.send("Input.dispatchKeyEvent", {
        ...{ type: "rawKeyDown", key: "Unidentified" },
        windowsVirtualKeyCode: 229,
      });
      await viewer.page.evaluate(() => {
        (
          globalThis as unknown as {
            document: { execCommand(name: string): void };
          }
        ).document.execCommand("delete");
      });
      await viewer.devTools.send("Input.insertText", { text: "!" });
      await expect
        .poll(() => session.textSince(start), arrival)
        .toBe("hello \b!");
      expect(session.buttonsSince(start)).toEqual([]);
    },
    testTimeoutMs,
  );
});
