import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { cellCentre, patternColour } from "../../fixtures/x11-pattern.ts";
import { startX11Client } from "../../fixtures/x11-client-process.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const run = promisify(execFile);
const demo = fileURLToPath(
  new URL("../../../agent/demo/main.ts", import.meta.url),
);
const testTimeoutMs = 20_000;

async function startDemo(xvfb: TestXvfb): Promise<{
  pid: number;
  kill: (signal: NodeJS.Signals) => void;
  exit: Promise<unknown[]>;
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
    exit: withDeadline(exit, {
      timeoutMs: 15_000,
      what: "the end of the demo",
    }),
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
    expect(await program.exit).toEqual([0, null]);
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
    const field = cornerOfField(await pixels(xvfb), screen.width);
    const control = async (...args: string[]): Promise<void> => {
      await run("xdotool", args, {
        env: { ...process.env, DISPLAY: xvfb.display },
      });
    };
    /** The beginning of the line, where the cursor does not blink. */
    const beginning = async (): Promise<string> => {
      const image = await pixels(xvfb);
      const rows = Array.from({ length: 32 }, (_, row) => {
        const at = ((field.y + row) * screen.width + field.x) * 3;
        return image.subarray(at, at + 40 * 3);
      });
      return Buffer.concat(rows).toString("base64");
    };
    await control("mousemove", `${field.x + 50}`, `${field.y + 20}`);
    await control("click", "1");
    const seen = new Set<string>();
    for (const character of ["?", "a", "ß", "€", "Ж", "λ"]) {
      await control("type", character.repeat(12));
      seen.add(await still(beginning));
      await control("key", "--repeat", "12", "BackSpace");
    }
    expect(seen.size).toBe(6);
    program.kill("SIGTERM");
    await program.exit;
  },
  testTimeoutMs,
);

/** What `look` gives once that stays for longer than the cursor blinks. */
function still(look: () => Promise<string>): Promise<string> {
  return poll(
    async () => {
      const before = await look();
      await sleep(600);
      return (await look()) === before ? before : undefined;
    },
    { everyMs: 10, timeoutMs: 5_000, what: "a picture that stays" },
  );
}

/** The first pixel of an image, 24 bits a pixel, with a hundred white ones from it on. */
function cornerOfField(image: Buffer, width: number): { x: number; y: number } {
  const at = image.indexOf(Buffer.alloc(300, 0xff));
  expect(at).toBeGreaterThan(0);
  const pixel = Math.ceil(at / 3);
  return { x: pixel % width, y: Math.floor(pixel / width) };
}

test(
  "the demo ends when the X server goes away",
  async () => {
    await using xvfb = await startXvfb();
    const program = await startDemo(xvfb);
    await xvfb.kill();
    expect(await program.exit).toEqual([0, null]);
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
    await started.exit;
  },
  testTimeoutMs,
);
