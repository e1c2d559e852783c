import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLogger } from "../../../agent/base/log.ts";
import { poll, sleep } from "../../../agent/base/deadline.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { openInputInjector } from "../../../agent/x11/input-injector.ts";
import type { InputSeat } from "../../../agent/x11/input-seat.ts";
import { codePointToKeysym, keysyms } from "../../../agent/x11/keysym.ts";
import type { X11Connection } from "../../../agent/x11/requests.ts";
import {
  startX11Client,
  type X11ClientProcess,
} from "../../fixtures/x11-client-process.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const log = createLogger({ level: "silent", format: "json" });
const testTimeoutMs = 30_000;

let xvfb: TestXvfb;
let listener: X11ClientProcess;
/** Of the latest marker; markers are where no test presses a button. */
let markerX = 100;

beforeAll(async () => {
  xvfb = await startXvfb();
  listener = await startX11Client("x11-key-listener", {
    display: xvfb.display,
  });
}, testTimeoutMs);

afterAll(async () => {
  await listener.stop();
  await xvfb.stop();
}, testTimeoutMs);

interface Session extends AsyncDisposable {
  connection: X11Connection;
  openSeat(): InputSeat;
  /** Waits for that much text, then for all that was injected; returns all that came since the session began. */
  settledText(length: number): Promise<string>;
}

const connectTo = ({ display }: TestXvfb): Promise<X11Connection> =>
  openX11Connection({ display, timeoutMs: 5000 });

async function openSession(): Promise<Session> {
  const connection = await connectTo(xvfb);
  const injector = await openInputInjector(connection, { log });
  const caughtUp = async (): Promise<void> => {
    // It waits behind all that is injected, and events reach a client in order.
    using seat = injector.openSeat();
    const x = (markerX += 1);
    for (const pressed of [true, false]) seat.button(1, pressed, x, 0);
    await listener.waitFor("the marker", (lines) =>
      lines.find((l) => l.type === "button" && !l.pressed && l.x === x),
    );
  };
  await caughtUp(); // The listener may have more to say of the test before.
  const before = listener.text().length;
  const text = (): string => listener.text().slice(before);
  return {
    connection,
    openSeat: () => injector.openSeat(),
    async settledText(length) {
      await listener.waitFor("the text", () =>
        text().length >= length ? true : undefined,
      );
      await caughtUp();
      return text();
    },
    async [Symbol.asyncDispose]() {
      injector.close();
      await connection.ping(1000);
      await connection.close();
    },
  };
}

function strike(seat: InputSeat, keysym: number, code: string): void {
  seat.key(keysym, code, true);
  seat.key(keysym, code, false);
}

function type(seat: InputSeat, text: string): void {
  for (const character of text)
    strike(seat, codePointToKeysym(character.codePointAt(0) ?? 0), character);
}

function range(first: number, last: number): string {
  let text = "";
  for (let code = first; code <= last; code += 1)
    text += String.fromCodePoint(code);
  return text;
}

async function run(file: string, ...args: string[]): Promise<void> {
  const child = spawn(file, ["-display", xvfb.display, ...args]);
  expect(await once(child, "exit")).toEqual([0, null]);
}

async function pressedKeycodes(connection: X11Connection): Promise<number[]> {
  return await connection.keyboard.getPressedKeycodes();
}

describe("text", () => {
  const texts = {
    ASCII: range(0x20, 0x7e),
    "Latin-1": range(0xa0, 0xff),
    "Cyrillic and the euro": `${range(0x410, 0x44f)}ЁёЇї€`,
    emoji: "😀🎉👍🚀❤",
    "the same rare letter many times": "жжжжж ★★★★★",
  };
  for (const [name, text] of Object.entries(texts)) {
    test(
      `types ${name} exactly, all at once`,
      async () => {
        await using session = await openSession();
        type(session.openSeat(), text);
        expect(await session.settledText(text.length)).toBe(text);
      },
      testTimeoutMs,
    );
  }

  test(
    "types 330 different characters that the layout lacks, in order",
    async () => {
      await using session = await openSession();
      const text = range(0x4e00, 0x4e00 + 329);
      type(session.openSeat(), text);
      expect(await session.settledText(text.length)).toBe(text);
    },
    testTimeoutMs,
  );

  test(
    "types letters of both cases while Caps Lock is on",
    async () => {
      await using session = await openSession();
      const seat = session.openSeat();
      strike(seat, keysyms.capsLock, "CapsLock");
      type(seat, "aBЖжß1");
      strike(seat, keysyms.capsLock, "CapsLock");
      type(seat, "aB");
      expect(await session.settledText(8)).toBe("aBЖжß1aB");
    },
    testTimeoutMs,
  );

  test(
    "follows setxkbmap in mid-session",
    async () => {
      await using session = await openSession();
      const seat = session.openSeat();
      try {
        type(seat, "z@ж");
        await session.settledText(3);
        await run("setxkbmap", "de");
        type(seat, "zyäöß@€|~Zж");
        expect(await session.settledText(14)).toBe("z@жzyäöß@€|~Zж");
        const z = listener.lines
          .filter((line) => line.type === "key" && line.text === "z")
          .map((line) => (line.type === "key" ? line.keycode : 0));
        expect(z.slice(-2)).toEqual([52, 29]);
      } finally {
        await run("setxkbmap", "us");
      }
    },
    testTimeoutMs,
  );

  test(
    "leaves a Shift that the viewer holds alone for Tab and arrows",
    async () => {
      await using session = await openSession();
      const seat = session.openSeat();
      const first = listener.lines.length;
      seat.key(keysyms.shiftL, "ShiftLeft", true);
      strike(seat, keysyms.tab, "Tab");
      seat.key(keysyms.shiftL, "ShiftLeft", false);
      const tab = await listener.waitFor("Tab", (lines) =>
        lines
          .slice(first)
          .find((line) => line.type === "key" && line.keycode === 23),
      );
      expect(tab).toMatchObject({ state: 1 });
    },
    testTimeoutMs,
  );
});

describe("held keys", () => {
  test("lets the server repeat a held key, once, whatever the browser repeats", async () => {
    await using session = await openSession();
    const seat = session.openSeat();
    // While the server does not repeat, all that comes is what the browser's presses do.
    await run("xset", "r", "off");
    for (let press = 0; press < 20; press += 1) {
      seat.key(0x61, "KeyA", true);
      await sleep(25);
    }
    expect(await session.settledText(1)).toBe("a");
    seat.key(0x61, "KeyA", false);
    await run("xset", "r", "on");
    seat.key(0x62, "KeyB", true);
    await session.settledText(4);
    seat.key(0x62, "KeyB", false);
    expect(await session.settledText(4)).toMatch(/^ab+$/);
  });

  test(
    "repeats with the browser a symbol that needs a faked Shift",
    async () => {
      await using session = await openSession();
      const seat = session.openSeat();
      for (let press = 0; press < 3; press += 1)
        seat.key(codePointToKeysym(0x3f), "Minus", true);
      seat.key(codePointToKeysym(0x3f), "Minus", false);
      expect(await session.settledText(3)).toBe("???");
    },
    testTimeoutMs,
  );

  test(
    "releases the key that was pressed when Shift was let go first",
    async () => {
      await using session = await openSession();
      const seat = session.openSeat();
      seat.key(keysyms.shiftL, "ShiftLeft", true);
      seat.key(codePointToKeysym(0x21), "Digit1", true);
      seat.key(keysyms.shiftL, "ShiftLeft", false);
      seat.key(codePointToKeysym(0x31), "Digit1", false);
      expect(await session.settledText(1)).toBe("!");
      expect(await pressedKeycodes(session.connection)).toEqual([]);
    },
    testTimeoutMs,
  );

  test(
    "releases keys and buttons when the viewer leaves",
    async () => {
      await using session = await openSession();
      const seat = session.openSeat();
      seat.key(keysyms.controlL, "ControlLeft", true);
      seat.key(codePointToKeysym(0x436), "Semicolon", true);
      seat.button(1, true, 10, 10);
      expect(await pressedKeycodes(session.connection)).toHaveLength(2);
      seat.close();
      expect(await pressedKeycodes(session.connection)).toEqual([]);
      const pointer = await session.connection.windows.queryPointer();
      expect(pointer.state & 0x1f00).toBe(0);
      seat.key(0x61, "KeyA", true);
      expect(await pressedKeycodes(session.connection)).toEqual([]);
    },
    testTimeoutMs,
  );

  test(
    "keeps a key down until the last of two viewers lets go",
    async () => {
      await using session = await openSession();
      const [one, two] = [session.openSeat(), session.openSeat()];
      one.key(keysyms.shiftL, "ShiftLeft", true);
      two.key(keysyms.shiftL, "ShiftLeft", true);
      one.close();
      expect(await pressedKeycodes(session.connection)).toHaveLength(1);
      two.key(keysyms.shiftL, "ShiftLeft", false);
      expect(await pressedKeycodes(session.connection)).toEqual([]);
    },
    testTimeoutMs,
  );

  test(
    "delivers a letter while another viewer holds its key",
    async () => {
      await using session = await openSession();
      const [one, two] = [session.openSeat(), session.openSeat()];
      one.key(0x62, "KeyB", true);
      type(two, "b");
      expect(await pressedKeycodes(session.connection)).toHaveLength(1);
      one.releaseAll();
      expect(await session.settledText(2)).toBe("bb");
    },
    testTimeoutMs,
  );
});

describe("pointer", () => {
  test(
    "ends 2,000 motions at the right place",
    async () => {
      await using session = await openSession();
      const seat = session.openSeat();
      for (let step = 0; step < 2000; step += 1)
        seat.motion(step % 1280, (step * 7) % 720);
      seat.button(1, true, 321, 123);
      seat.button(1, false, 321, 123);
      expect(await session.connection.windows.queryPointer()).toMatchObject({
        x: 321,
        y: 123,
      });
    },
    testTimeoutMs,
  );

  test(
    "presses buttons where they are meant, and clamps to the screen",
    async () => {
      await using session = await openSession();
      const seat = session.openSeat();
      const first = listener.lines.length;
      seat.button(3, true, 640, 360);
      seat.button(3, false, 99_999, -5);
      const lines = await listener.waitFor("two button events", (all) => {
        const buttons = all.slice(first).filter((l) => l.type === "button");
        return buttons.length >= 2 ? buttons : undefined;
      });
      expect(lines).toMatchObject([
        { pressed: true, button: 3, x: 640, y: 360 },
        { pressed: false, button: 3, x: 1279, y: 0 },
      ]);
    },
    testTimeoutMs,
  );

  test(
    "turns wheel notches into buttons 4 to 7",
    async () => {
      await using session = await openSession();
      const first = listener.lines.length;
      session.openSeat().wheel(-1, 2, 50, 60);
      const pressed = await listener.waitFor("three notches", (all) => {
        const buttons = all
          .slice(first)
          .flatMap((l) => (l.type === "button" && l.pressed ? [l.button] : []));
        return buttons.length >= 3 ? buttons : undefined;
      });
      expect(pressed).toEqual([5, 5, 6]);
    },
    testTimeoutMs,
  );
});

test(
  "gives lent keycodes back at its end",
  async () => {
    const connection = await connectTo(xvfb);
    const before = await connection.keyboard.getMapping();
    {
      await using session = await openSession();
      type(session.openSeat(), "☃☂");
      expect(await session.settledText(2)).toBe("☃☂");
    }
    const unused = (rows: number[][]): number =>
      rows.filter((row) => row.every((keysym) => keysym === 0)).length;
    const after = await poll(
      async () => {
        const mapping = await connection.keyboard.getMapping();
        return unused(mapping.rows) === unused(before.rows)
          ? mapping
          : undefined;
      },
      { everyMs: 20, timeoutMs: 2000, what: "the return of the keycodes" },
    );
    expect(unused(after.rows)).toBeGreaterThan(10);
    await connection.close();
  },
  testTimeoutMs,
);

test(
  "is harmless after the server died",
  async () => {
    const server = await startXvfb();
    const connection = await connectTo(server);
    const injector = await openInputInjector(connection, { log });
    const seat = injector.openSeat();
    seat.key(0x61, "KeyA", true);
    await server.kill();
    await poll(() => (connection.closed ? true : undefined), {
      everyMs: 10,
      timeoutMs: 2000,
      what: "the news of the death",
    });
    seat.motion(1, 1);
    seat.button(1, true, 1, 1);
    seat.wheel(1, 1, 1, 1);
    seat.key(0x62, "KeyB", true);
    seat.releaseAll();
    seat.close();
    seat.close();
    injector.openSeat().key(0x63, "KeyC", true);
    injector.close();
    await connection.close();
  },
  testTimeoutMs,
);
