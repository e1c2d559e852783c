/**
 * How fast input messages become input: from their text to an X client, through all that the agent does with them.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../agent/base/clock.ts";
import { createLogger } from "../../../agent/base/log.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { openInputInjector } from "../../../agent/x11/input-injector.ts";
import { keysyms } from "../../../agent/x11/keysym.ts";
import { InputSequence } from "../../../signaling/input.ts";
import { parseInputMessage } from "../../../signaling/protocol.ts";
import { report } from "../../fixtures/e2e-report.ts";
import {
  startX11Client,
  type X11ClientProcess,
} from "../../fixtures/x11-client-process.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const testTimeoutMs = 30_000;
const log = createLogger({ level: "silent", format: "json" });
const owned = new AsyncDisposableStack();
let xvfb: TestXvfb;
let listener: X11ClientProcess;

beforeAll(async () => {
  xvfb = owned.use(await startXvfb());
  listener = owned.use(
    await startX11Client("x11-key-listener", { display: xvfb.display }),
  );
}, testTimeoutMs);

afterAll(() => owned.disposeAsync());

test(
  "handles more than 1,000 motions a second, loses no button among 10,000 messages, and ends at the right place",
  async () => {
    await using connection = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5_000,
    });
    const injector = await openInputInjector(connection, { log });
    const input = new InputSequence(injector.openSeat(), systemClock);
    const start = listener.lines.length;
    const messages = Array.from({ length: 10_000 }, (_, index) => {
      const place = { x: (index * 7) % 1_280, y: (index * 3) % 720 };
      const isButton = index % 50 === 0;
      return JSON.stringify(
        isButton
          ? {
              ...{ type: "button", seq: index, button: 1, ...place },
              pressed: index % 100 === 0,
            }
          : index % 100 < 50
            ? { type: "path", seq: index, points: [place.x, place.y] }
            : { type: "motion", seq: index, ...place },
      );
    });
    const beganMs = performance.now();
    for (const [index, text] of messages.entries()) {
      const parsed = parseInputMessage(text);
      if (!parsed.ok) throw new Error(parsed.error);
      input.apply(parsed.message);
      // As messages come in: not all within one turn of the loop.
      if (index % 20 === 0)
        await new Promise((resolve) => setImmediate(resolve));
    }
    await connection.ping(5_000);
    const perSecond = (messages.length / (performance.now() - beganMs)) * 1_000;
    report("pointer messages", perSecond, "a second");
    expect(perSecond).toBeGreaterThan(1_000);
    const buttons = await listener.waitFor("the buttons", (lines) => {
      const heard = lines.slice(start).filter((line) => line.type === "button");
      return heard.length >= 200 ? heard : undefined;
    });
    expect(buttons.map(({ pressed }) => pressed)).toEqual(
      Array.from({ length: 200 }, (_, index) => index % 2 === 0),
    );
    expect(await connection.windows.queryPointer()).toMatchObject({
      x: (9_999 * 7) % 1_280,
      y: (9_999 * 3) % 720,
    });
    input.close();
    injector.close();
  },
  testTimeoutMs,
);

test(
  "an agent that starts on a display releases what one that was killed has left down",
  async () => {
    await using first = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5_000,
    });
    const seat = (await openInputInjector(first, { log })).openSeat();
    seat.key(keysyms.controlL, "ControlLeft", true);
    seat.key(0x61, "KeyA", true);
    seat.button(1, true, 10, 10);
    // A connection that ends without a word, as that of a process that was killed.
    expect(await first.keyboard.getPressedKeycodes()).toHaveLength(2);
    await first.close();
    await using second = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5_000,
    });
    expect(await second.keyboard.getPressedKeycodes()).toHaveLength(2);
    const injector = await openInputInjector(second, { log });
    expect(await second.keyboard.getPressedKeycodes()).toEqual([]);
    const { state } = await second.windows.queryPointer();
    expect(state & 0x1f00).toBe(0);
    injector.close();
  },
  testTimeoutMs,
);
