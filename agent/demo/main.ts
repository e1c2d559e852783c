/**
 * The demo desktop: what a session shows when it is given no application.
 *
 * A window with a clock and a shape that move, a field that shows what is typed, and an `xterm` beside it. It
 * connects to `$DISPLAY` and ends at SIGTERM, SIGINT, when its window is closed, and when the server goes away.
 */
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import { openX11Connection } from "../x11/connection.ts";
import { readKeys } from "../x11/key-reader.ts";
import { eventMasks, type X11Connection } from "../x11/requests.ts";
import { layoutDesktop } from "./layout.ts";
import { colours, Painter, type Fonts } from "./painter.ts";
import { findXterm, startTerminal, terminalTitle } from "./terminal.ts";
import { TypedText } from "./typed-text.ts";

const framesPerSecond = 30;
const blinkMs = 530;
/** Below this height of the screen, the fonts for small screens. */
const tallScreen = 900;

function isTall(connection: X11Connection): boolean {
  return connection.screen.height >= tallScreen;
}

const name = "StreamSpace demo desktop";

async function openFonts(connection: X11Connection): Promise<Fonts> {
  const tall = isTall(connection);
  const helvetica = (weight: string, size: number): string =>
    `-*-helvetica-${weight}-r-normal-*-${size}-*-*-*-*-*-iso8859-1`;
  const title = tall ? [34, 25, 24] : [24, 25, 20];
  const text = tall ? [20, 18] : [14, 17];
  return {
    title: await connection.drawing.openFont([
      ...title.map((size) => helvetica("bold", size)),
      "10x20",
      "fixed",
    ]),
    text: await connection.drawing.openFont([
      ...text.map((size) => helvetica("medium", size)),
      tall ? "10x20" : "9x15",
      "fixed",
    ]),
    // Somebody tries the keyboard here.
    otherScripts: await connection.drawing.openFont([
      `-misc-fixed-medium-r-normal-*-${tall ? 20 : 15}-*-*-*-c-*-iso10646-1`,
      tall ? "10x20" : "9x15",
      "fixed",
    ]),
  };
}

async function openWindow(
  connection: X11Connection,
  options: { withTerminal: boolean; onDelete: () => void; typed: TypedText },
): Promise<{ painter: Painter; window: number }> {
  const { windows } = connection;
  const area = layoutDesktop(connection.screen, options.withTerminal).window;
  const window = windows.createWindow({
    ...area,
    background: colours.background,
    eventMask:
      eventMasks.keyPress |
      eventMasks.buttonPress |
      eventMasks.exposure |
      eventMasks.structureNotify,
  });
  const atoms = await windows.describe(window, {
    name,
    className: "streamspace-demo",
    size: area,
  });
  const painter = new Painter({
    connection,
    window,
    fonts: await openFonts(connection),
    typed: options.typed,
    size: area,
  });
  await readKeys(connection, (event, key) => {
    if (event.kind === "key-press" && key && key.text !== "") {
      options.typed.type(key.text);
      painter.paintField(true);
    }
    // For sessions without a window manager, where nobody else gives the focus.
    if (event.kind === "button-press") windows.setInputFocus(window);
  });
  connection.onEvent((event) => {
    if (event.kind === "expose" && event.count === 0) painter.paintAll();
    else if (event.kind === "configure" && event.window === window)
      painter.resize(event);
    else if (
      event.kind === "client-message" &&
      event.messageType === atoms.wmProtocols &&
      event.data[0] === atoms.wmDeleteWindow
    )
      options.onDelete();
  });
  windows.map(window);
  return { painter, window };
}

/** A screen that is resized with a window changes several times in a moment. */
const restMs = 100;

/** Puts the windows where they belong on a screen of another size. @returns how to end that. */
function followScreen(
  connection: X11Connection,
  window: number,
  withTerminal: boolean,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let { width, height } = connection.screen;
  const arrange = async (): Promise<void> => {
    const { windows, screen } = connection;
    const layout = layoutDesktop(screen, withTerminal);
    windows.configure(window, layout.window);
    if (layout.terminal === undefined) return;
    for (const terminal of await windows.named(terminalTitle))
      windows.configure(terminal, layout.terminal);
  };
  const stop = connection.onEvent((event) => {
    if (event.kind !== "configure" || event.window !== connection.root) return;
    if (event.width === width && event.height === height) return;
    ({ width, height } = event);
    clearTimeout(timer);
    timer = setTimeout(() => {
      arrange().catch(() => undefined); // The display is going away, and the demo with it.
    }, restMs);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

async function main(): Promise<void> {
  const display = process.env["DISPLAY"];
  if (display === undefined || display === "") {
    throw new StreamSpaceError("display-unreachable", "DISPLAY is not set");
  }
  const connection = await openX11Connection({ display, timeoutMs: 5000 });
  const end = new AbortController();
  const stop = (): void => {
    end.abort();
    connection.close().catch(fail);
  };
  connection.onClosed(stop);
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);

  connection.windows.setRootBackground(colours.desktop);
  const xterm = findXterm();
  const { painter, window } = await openWindow(connection, {
    withTerminal: xterm !== undefined,
    typed: new TypedText(),
    onDelete: stop,
  });
  const terminalArea = layoutDesktop(connection.screen, true).terminal;
  if (xterm !== undefined && terminalArea && !end.signal.aborted) {
    const endTerminal = startTerminal({
      xterm,
      display,
      area: terminalArea,
      fontPixels: isTall(connection) ? 18 : 14,
    });
    end.signal.addEventListener("abort", endTerminal, { once: true });
  }

  const stopFollowing = followScreen(connection, window, xterm !== undefined);
  // A busy server gets fewer frames, not a longer queue.
  const frames = setInterval(() => {
    if (!connection.congested) painter.paintFrame(new Date());
  }, 1000 / framesPerSecond);
  let withCursor = true;
  const blink = setInterval(() => {
    withCursor = !withCursor;
    painter.paintField(withCursor);
  }, blinkMs);
  const quiet = (): void => {
    stopFollowing();
    clearInterval(frames);
    clearInterval(blink);
  };
  if (end.signal.aborted) quiet();
  else end.signal.addEventListener("abort", quiet, { once: true });
}

function fail(error: unknown): never {
  process.stderr.write(`streamspace demo: ${messageOf(error)}\n`);
  process.exit(1);
}

try {
  await main();
} catch (error) {
  fail(error);
}
