/**
 * Typing beyond single keys: input methods, emoji, locks, combinations, the layout of the session, and nothing that sticks.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runToEnd } from "../../agent/base/child-process.ts";
import { sleep } from "../../agent/base/deadline.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  openForInput,
  openWithDevTools,
  startInputSession,
  type InputSession,
  type DevToolsViewer,
  type InputViewer,
} from "../fixtures/e2e-input.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";
import {
  startTerminalSession,
  type TerminalSession,
} from "../fixtures/e2e-terminal.ts";
import { inputLimits } from "../../signaling/protocol.ts";

const testTimeoutMs = 30_000;
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

async function press(viewer: InputViewer, id: string): Promise<void> {
  await viewer.page.evaluate((name) => {
    (globalThis as unknown as PageScope).streamspace?.keyboard.press(name);
  }, id);
}

async function nothingHeld(): Promise<void> {
  await expect
    .poll(() => session.held(), arrival)
    .toEqual({ keycodes: [], buttons: 0 });
}

describe("an input method", () => {
  /** What a user of it sees on the way, and what is committed. */
  const compositions = [
    {
      name: "Japanese",
      steps: ["n", "に", "にh", "にほn", "日本"],
      text: "日本",
    },
    {
      name: "Chinese",
      steps: ["n", "ni", "ni h", "ni hao"],
      text: "你好，世界",
    },
    { name: "Korean", steps: ["ㅎ", "하", "한"], text: "한" },
  ];
  test.each(compositions)(
    "commits $name once, and none of what led to it",
    async ({ steps, text }) => {
      await using viewer = await open();
      const start = session.listener.lines.length;
      for (const step of steps) {
        await viewer.devTools.send("Input.dispatchKeyEvent", {
          type: "rawKeyDown",
          key: "Process",
          code: "KeyN",
          windowsVirtualKeyCode: 229,
        });
        await viewer.devTools.send("Input.imeSetComposition", {
          text: step,
          selectionStart: step.length,
          selectionEnd: step.length,
        });
        await viewer.devTools.send("Input.dispatchKeyEvent", {
          type: "keyUp",
          key: "n",
          code: "KeyN",
        });
      }
      await viewer.devTools.send("Input.insertText", { text });
      await viewer.page.keyboard.type("!a");
      await expect
        .poll(() => session.textSince(start), arrival)
        .toBe(`${text}!a`);
      await nothingHeld();
    },
    testTimeoutMs,
  );

  test(
    "breaks lines: each break of a text is the Return key",
    async () => {
      await using viewer = await open();
      const start = session.listener.lines.length;
      await viewer.devTools.send("Input.insertText", { text: "l1\nl2\n\nl3" });
      const typed = (): string =>
        session.listener.lines
          .slice(start)
          .map((line) => {
            if (line.type !== "key" || !line.pressed) return "";
            return line.keysym === 0xff0d ? "⏎" : line.text;
          })
          .join("");
      await expect.poll(typed, arrival).toBe("l1⏎l2⏎⏎l3");
      await nothingHeld();
    },
    testTimeoutMs,
  );

  test(
    "that is given up types nothing",
    async () => {
      await using viewer = await open();
      const start = session.listener.lines.length;
      for (const text of ["に", ""])
        await viewer.devTools.send("Input.imeSetComposition", {
          ...{ text, selectionStart: text.length, selectionEnd: text.length },
        });
      await viewer.page.keyboard.type("ok");
      await expect.poll(() => session.textSince(start), arrival).toBe("ok");
    },
    testTimeoutMs,
  );

  test(
    "shows what is being composed, and hides its field afterwards",
    async () => {
      await using viewer = await open();
      const field = viewer.page.locator(".text-field");
      await viewer.devTools.send("Input.imeSetComposition", {
        ...{ text: "かん", selectionStart: 2, selectionEnd: 2 },
      });
      await expect.poll(() => field.evaluate(opacityOf), arrival).toBe("1");
      expect(await field.inputValue()).toBe("かん");
      await viewer.devTools.send("Input.insertText", { text: "漢" });
      await expect.poll(() => field.evaluate(opacityOf), arrival).toBe("0");
      expect(await field.inputValue()).toBe("");
    },
    testTimeoutMs,
  );
});

function opacityOf(element: unknown): string {
  const scope = globalThis as unknown as {
    getComputedStyle(of: unknown): { opacity: string };
  };
  return scope.getComputedStyle(element).opacity;
}

test(
  "an emoji picker's emoji arrive, those of several code points too",
  async () => {
    await using viewer = await open();
    const start = session.listener.lines.length;
    for (const text of ["😀", "👍🏽", "❤"])
      await viewer.devTools.send("Input.insertText", { text });
    await expect.poll(() => session.textSince(start), arrival).toBe("😀👍🏽❤");
  },
  testTimeoutMs,
);

test(
  "a text that is longer than a message arrives whole",
  async () => {
    await using viewer = await open();
    const start = session.listener.lines.length;
    const text = "Größe — straße, ".repeat(50);
    await viewer.devTools.send("Input.insertText", { text });
    await expect.poll(() => session.textSince(start), arrival).toBe(text);
  },
  testTimeoutMs,
);

describe("locks", () => {
  /** Page events with a lock that the driver's keyboard does not have. */
  async function typeWithLock(
    viewer: InputViewer,
    key: string,
    lock: boolean,
  ): Promise<void> {
    await viewer.page.evaluate(
      ({ key: name, lock: on }) => {
        const scope = globalThis as unknown as KeyScope;
        for (const type of ["keydown", "keyup"])
          scope.document.activeElement.dispatchEvent(
            new scope.KeyboardEvent(type, {
              ...{ key: name, code: `Key${name.toUpperCase()}` },
              ...{ bubbles: true, cancelable: true, modifierCapsLock: on },
            }),
          );
      },
      { key, lock },
    );
  }

  test(
    "of the session follow those of the page, and what is typed is what the page says",
    async () => {
      await using viewer = await open();
      const start = session.listener.lines.length;
      await typeWithLock(viewer, "A", true);
      await typeWithLock(viewer, "b", false);
      await typeWithLock(viewer, "C", true);
      await typeWithLock(viewer, "d", true);
      await typeWithLock(viewer, "e", false);
      await expect.poll(() => session.textSince(start), arrival).toBe("AbCde");
      const states = session.listener.lines
        .slice(start)
        .flatMap((line) => (line.type === "key" && line.pressed ? [line] : []))
        .filter(({ text }) => text !== "")
        .map(({ state }) => (state & 2) !== 0);
      expect(states).toEqual([true, false, true, true, false]);
      await nothingHeld();
    },
    testTimeoutMs,
  );
});

interface KeyScope {
  document: { activeElement: { dispatchEvent(event: object): void } };
  KeyboardEvent: new (type: string, options: object) => object;
}

describe("with a German session", () => {
  let terminal: TerminalSession;
  beforeAll(async () => {
    terminal = await startTerminalSession(["--keyboard-layout", "de"]);
  }, 30_000);
  afterAll(() => terminal.close());

  test(
    "ß stays ß although Caps Lock is on in the session and in the page",
    async () => {
      await using viewer = await openForInput(
        chromium.browser,
        terminal.agent.url,
      );
      await viewer.page.evaluate(() => {
        const scope = globalThis as unknown as KeyScope;
        for (const [key, code] of [
          ["A", "KeyA"],
          ["ß", "Minus"],
          ["ä", "Quote"],
          ["Ä", "Quote"],
          ["@", "KeyQ"],
          ["ẞ", "Minus"],
          ["1", "Digit1"],
        ])
          for (const type of ["keydown", "keyup"])
            scope.document.activeElement.dispatchEvent(
              new scope.KeyboardEvent(type, {
                ...{ key, code, bubbles: true, cancelable: true },
                modifierCapsLock: true,
              }),
            );
      });
      await expect.poll(() => terminal.typed(), arrival).toBe("AßäÄ@ẞ1");
    },
    testTimeoutMs,
  );
});

test(
  "a menu's combinations reach the session, and are let go",
  async () => {
    await using viewer = await open();
    const start = session.listener.lines.length;
    await press(viewer, "ctrl-alt-delete");
    await press(viewer, "f5");
    await expect
      .poll(
        () =>
          session.listener.lines
            .slice(start)
            .flatMap((line) =>
              line.type === "key" && line.pressed
                ? [`${line.keysym.toString(16)} ${line.state & 0xff}`]
                : [],
            ),
        arrival,
      )
      .toEqual(["ffe3 0", "ffe9 4", "ffff 12", "ffc2 0"]);
    await nothingHeld();
  },
  testTimeoutMs,
);

describe("held keys", () => {
  test(
    "are released while the page's thread hangs, and not typed on",
    async () => {
      await using viewer = await open();
      await viewer.page.keyboard.down("KeyA");
      await expect
        .poll(async () => (await session.held()).keycodes.length, arrival)
        .toBe(1);
      const hangMs = inputLimits.heldTimeoutMs + 3_000;
      const began = performance.now();
      const hang = viewer.page.evaluate((ms) => {
        const end = Date.now() + ms;
        while (Date.now() < end);
      }, hangMs);
      await expect
        .poll(() => session.held(), { interval: 20, timeout: hangMs })
        .toEqual({ keycodes: [], buttons: 0 });
      const releasedMs = performance.now() - began;
      expect(releasedMs).toBeLessThan(inputLimits.heldTimeoutMs + 1_500);
      await hang;
      await viewer.page.keyboard.up("KeyA");
      await nothingHeld();
    },
    testTimeoutMs,
  );

  test(
    "stay down as long as the page says so, and their repetition comes from the server alone",
    async () => {
      await using viewer = await open();
      const start = session.listener.lines.length;
      await serverRepeats(false);
      // A driver repeats a key by pressing it again.
      for (let repeat = 0; repeat < 40; repeat += 1)
        await viewer.page.keyboard.down("KeyA");
      await sleep(inputLimits.heldTimeoutMs + 1_000);
      expect((await session.held()).keycodes).toHaveLength(1);
      expect(session.textSince(start)).toBe("a");
      await viewer.page.keyboard.up("KeyA");
      await serverRepeats(true);
      await viewer.page.keyboard.down("KeyB");
      await expect
        .poll(() => session.textSince(start).length, arrival)
        .toBeGreaterThan(5);
      await viewer.page.keyboard.up("KeyB");
      await nothingHeld();
    },
    testTimeoutMs,
  );
});

/** Turns the repetition of held keys by the X server on or off. */
async function serverRepeats(on: boolean): Promise<void> {
  const { display, xauthority } = session.agent.facts();
  const { exitCode } = await runToEnd({
    file: "xset",
    args: ["r", on ? "on" : "off"],
    env: { ...process.env, DISPLAY: display, XAUTHORITY: xauthority },
    timeoutMs: 5_000,
  });
  expect(exitCode).toBe(0);
}
