import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { poll, withDeadline } from "../../../agent/base/deadline.ts";
import { createLogger } from "../../../agent/base/log.ts";
import { colours } from "../../../agent/demo/painter.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { openInputInjector } from "../../../agent/x11/input-injector.ts";
import { keysyms } from "../../../agent/x11/keysym.ts";
import { cellCentre, patternColour } from "../../fixtures/x11-pattern.ts";
import { startX11Client } from "../../fixtures/x11-client-process.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const run = promisify(execFile);
const log = createLogger({ level: "silent", format: "json" });
const demo = fileURLToPath(
  new URL("../../../agent/demo/main.ts", import.meta.url),
);
/** What a test may wait for, together: the server 10 s, the windows 10, a connection 5, the end 15, and its looks. */
const testTimeoutMs = 46_000;
/** It looks 13 times, for 5 s each. */
const fieldTimeoutMs = 105_000;

async function startDemo(xvfb: TestXvfb): Promise<{
  pid: number;
  kill: (signal: NodeJS.Signals) => void;
  /** Waits for its end. */
  ended: () => Promise<unknown[]>;
}> {
  const child = spawn(process.execPath, [demo], {
    env: { ...process.env, DISPLAY: xvfb.display },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exit = once(child, "exit");
  await poll(
    async () => {
      const names = await windowNames(xvfb);
      return names.includes("StreamSpace demo desktop") &&
        names.includes("Terminal")
        ? true
        : undefined;
    },
    { everyMs: 100, timeoutMs: 10_000, what: "the windows of the demo" },
  );
  return {
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    ended: () =>
      withDeadline(exit, { timeoutMs: 15_000, what: "the end of the demo" }),
  };
}

async function windowNames(xvfb: TestXvfb): Promise<string> {
  const { stdout } = await run("xwininfo", [
    ...["-display", xvfb.display, "-root", "-tree"],
  ]);
  return stdout;
}

async function pixels(xvfb: TestXvfb): Promise<Buffer> {
  const { stdout } = await run(
    "import",
    ["-display", xvfb.display, "-window", "root", "-depth", "8", "rgb:-"],
    { encoding: "buffer", maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}

test(
  "the demo shows its window and a terminal, moves, and ends both at SIGTERM",
  async () => {
    await using xvfb = await startXvfb();
    const program = await startDemo(xvfb);
    const first = await pixels(xvfb);
    const second = await poll(
      async () => {
        const next = await pixels(xvfb);
        return next.equals(first) ? undefined : next;
      },
      { everyMs: 50, timeoutMs: 3000, what: "a movement" },
    );
    expect(second.length).toBe(1280 * 720 * 3);
    program.kill("SIGTERM");
    expect(await program.ended()).toEqual([0, null]);
    await poll(
      async () =>
        (await windowNames(xvfb)).includes("Terminal") ? undefined : true,
      { everyMs: 50, timeoutMs: 3000, what: "the end of the terminal" },
    );
  },
  testTimeoutMs,
);

test(
  "the field shows what is typed, of whatever script",
  async () => {
    const screen = { width: 1280, height: 720 };
    await using xvfb = await startXvfb(screen);
    const program = await startDemo(xvfb);
    /** The field once there is something of `colour` behind the beginning of its line. */
    const shown = (what: string, colour: number): Promise<Field> =>
      poll(
        async () => {
          const field = fieldIn(await pixels(xvfb), screen.width);
          const bytes = Buffer.from(colour.toString(16), "hex");
          return field?.further.includes(bytes) ? field : undefined;
        },
        { everyMs: 10, timeoutMs: 5_000, what },
      );
    await using connection = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5_000,
    });
    using injector = await openInputInjector(connection, { log });
    const seat = injector.openSeat();
    const { x, y } = await shown("the empty field", colours.hint);
    seat.button(1, true, x + 50, y + 20);
    seat.button(1, false, x + 50, y + 20);
    const seen = new Set<string>();
    for (const character of ["?", "a", "ß", "€", "Ж", "λ"]) {
      seat.text(character.repeat(12));
      const { beginning } = await shown(character, colours.typed);
      seen.add(beginning.toString("base64"));
      for (let count = 0; count < 12; count += 1)
        for (const pressed of [true, false])
          seat.key(keysyms.backSpace, "Backspace", pressed);
      await shown("the empty field again", colours.hint);
    }
    expect(seen.size).toBe(6);
    program.kill("SIGTERM");
    await program.ended();
  },
  fieldTimeoutMs,
);

interface Field {
  x: number;
  y: number;
  /** Pixels of three bytes of the beginning of its first line. */
  beginning: Buffer;
  /** Likewise what follows: with text there, the beginning is complete, and the cursor, which blinks, is not in it. */
  further: Buffer;
}

/** The field: where an image, 24 bits a pixel, has the first hundred white pixels in a row. */
function fieldIn(image: Buffer, width: number): Field | undefined {
  const at = image.indexOf(Buffer.alloc(300, 0xff));
  if (at < 0) return undefined;
  const pixel = Math.ceil(at / 3);
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  const part = (left: number, right: number): Buffer => {
    const rows = Array.from({ length: 32 }, (_, row) => {
      const start = (y + row) * width + x;
      return image.subarray((start + left) * 3, (start + right) * 3);
    });
    return Buffer.concat(rows);
  };
  return { x, y, beginning: part(0, 40), further: part(60, 80) };
}

test(
  "the demo ends when the X server goes away",
  async () => {
    await using xvfb = await startXvfb();
    const program = await startDemo(xvfb);
    await xvfb.kill();
    expect(await program.ended()).toEqual([0, null]);
  },
  testTimeoutMs,
);

test(
  "the pattern has the colour of each cell in its middle",
  async () => {
    const screen = { width: 1280, height: 720 };
    await using xvfb = await startXvfb(screen);
    await using pattern = await startX11Client("x11-pattern", {
      display: xvfb.display,
    });
    expect(pattern.lines[0]).toMatchObject(screen);
    const image = await pixels(xvfb);
    for (const [column, row] of [
      [0, 0],
      [15, 0],
      [7, 4],
      [0, 8],
      [15, 8],
    ] as const) {
      const { x, y } = cellCentre(column, row, screen);
      expect(image.readUIntBE((y * screen.width + x) * 3, 3)).toBe(
        patternColour(column, row),
      );
    }
  },
  testTimeoutMs,
);

test(
  "puts its windows where they belong on a screen of another size",
  async () => {
    await using xvfb = await startXvfb({ width: 1_600, height: 1_000 });
    const started = await startDemo(xvfb);
    await using connection = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5_000,
    });
    const randr = await connection.openRandr();
    await randr.setScreen({
      width: 800,
      height: 600,
      widthMm: 212,
      heightMm: 159,
    });
    /** Right and lower edges of both windows. */
    const edges = async (): Promise<number[][]> => {
      const { stdout } = await run("xwininfo", [
        ...["-display", xvfb.display, "-root", "-children"],
      ]);
      return stdout
        .split("\n")
        .filter((line) => /StreamSpace demo|"Terminal"/.test(line))
        .map((line) => {
          const [, width = 0, height = 0, x = 0, y = 0] = (
            /(\d+)x(\d+)\+(\d+)\+(\d+)/.exec(line) ?? []
          ).map(Number);
          return [x + width, y + height];
        });
    };
    await expect
      .poll(
        async () =>
          (await edges()).filter(
            ([right = NaN, lower = NaN]) => right <= 800 && lower <= 600,
          ).length,
        { timeout: 3_000, interval: 50 },
      )
      .toBe(2);
    started.kill("SIGTERM");
    await started.ended();
  },
  testTimeoutMs,
);
