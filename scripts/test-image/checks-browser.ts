/**
 * The image as a person meets it: opened in a real browser, seen, typed into, heard and pasted into.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { poll } from "../../agent/base/deadline.ts";
import { launchChromium } from "../../test/fixtures/browser-chromium.ts";
import {
  openInChromium,
  type ChromiumViewer,
} from "../../test/fixtures/e2e-viewer.ts";
import type { Belongings } from "./belongings.ts";
import type { TestedSession } from "./checks-session.ts";
import { sessionEnvironment } from "./inside.ts";
import { checkPasting, checkTyping, stepTimeoutMs } from "./smoke-steps.ts";

const toneHz = 440;
const toneSeconds = 10;

/** Runs one named check, and keeps what came of it. */
export type Recorder = (
  name: string,
  check: () => Promise<string | { notApplicable: string } | undefined>,
) => Promise<boolean>;

/** Everything that needs a browser. Figures: `firstFrameMs`. */
export async function checkInBrowser(
  session: TestedSession,
  options: {
    record: Recorder;
    pictures: string;
    figures: Record<string, number>;
    belongings: Belongings;
  },
): Promise<void> {
  const { record, figures, belongings } = options;
  const chromium = await launchChromium({ signal: belongings.signal });
  await using owned = new AsyncDisposableStack();
  owned.use(belongings.own("Chromium", () => chromium.close()));
  const { wishes, port, token } = session;
  await using viewer = await openInChromium(
    chromium.browser,
    `http://127.0.0.1:${port}/#token=${token}`,
    { viewport: { width: wishes.width, height: wishes.height } },
  );
  const isSeen = await record(
    "a browser shows the picture, of the size that was wished for",
    async () => {
      figures["firstFrameMs"] = Math.round(await viewer.firstFrameMs(15_000));
      const screen = await viewer.page.evaluate(
        () =>
          (
            globalThis as unknown as {
              streamspace: { screen?: { width: number; height: number } };
            }
          ).streamspace.screen,
      );
      if (screen?.width !== wishes.width || screen.height !== wishes.height)
        throw new Error(
          `the screen is ${screen?.width ?? 0}×${screen?.height ?? 0}`,
        );
      return `first frame after ${figures["firstFrameMs"]} ms`;
    },
  );
  if (!isSeen) return;
  await record("the application is on the picture", () =>
    checkContent(viewer, session),
  );
  await record("sound of the session is heard", () =>
    checkSound(viewer, session),
  );
  await record("the application does what is typed into it", () =>
    checkTyping(viewer, session),
  );
  await record("what is copied outside can be pasted inside", () =>
    checkPasting(viewer, session),
  );
  await record("a picture is kept", async () => {
    await mkdir(options.pictures, { recursive: true });
    const path = join(options.pictures, "session.png");
    await viewer.page.screenshot({ path });
    return path;
  });
}

/** An empty desktop has one colour: a grid of places, fine enough for the letters of an editor's menu, must have several. */
async function checkContent(
  viewer: ChromiumViewer,
  { wishes }: TestedSession,
): Promise<string> {
  const columns = 128;
  const rows = 80;
  const places = Array.from({ length: columns * rows }, (_, index) => ({
    x: Math.floor(((index % columns) + 0.5) * (wishes.width / columns)),
    y: Math.floor((Math.floor(index / columns) + 0.5) * (wishes.height / rows)),
  }));
  const count = await poll(
    async () => {
      const colours = await viewer.readColours(places);
      const different = new Set(
        colours.map((colour) =>
          colour.map((value) => Math.round(value / 12)).join(","),
        ),
      );
      return different.size >= 3 ? different.size : undefined;
    },
    {
      everyMs: 250,
      timeoutMs: stepTimeoutMs,
      what: "a picture with more than two colours",
    },
  );
  return `${count} colours in ${places.length} places`;
}

/** A tone that a PulseAudio client in the container plays, told by its spectrum in the browser. */
async function checkSound(
  viewer: ChromiumViewer,
  session: TestedSession,
): Promise<string> {
  const { container } = session;
  await viewer.waitForState("connected");
  await viewer.page.mouse.click(
    session.wishes.width - 4,
    session.wishes.height / 2,
  );
  await poll(async () => ((await viewer.isSilent()) ? undefined : true), {
    everyMs: 100,
    timeoutMs: stepTimeoutMs,
    what: "the page playing sound",
  });
  await viewer.listen();
  const { PULSE_SERVER = "" } = await sessionEnvironment(container);
  const player = container.exec(
    [
      "pacat",
      "--playback",
      "--raw",
      "--format=s16le",
      "--rate=48000",
      "--channels=1",
    ],
    {
      stdin: tone(),
      env: { PULSE_SERVER, PULSE_COOKIE: "/tmp/test-cookie" },
      timeoutMs: (toneSeconds + 20) * 1_000,
    },
  );
  const [played, peakHz] = await Promise.all([player, hearTone(viewer)]);
  if (played.exitCode !== 0) throw new Error(`pacat: ${played.stderr.trim()}`);
  return `${peakHz.toFixed(1)} Hz`;
}

/** The tone's frequency; a failure tells silence from another tone and from noise. */
async function hearTone(viewer: ChromiumViewer): Promise<number> {
  let best = "nothing";
  let bestDb = 0;
  return poll(
    async () => {
      const { peakHz, peakDb, medianDb } = await viewer.spectrum(0);
      const aboveDb = peakDb - medianDb;
      if (Math.abs(peakHz - toneHz) <= 5 && aboveDb >= 30) return peakHz;
      if (aboveDb > bestDb) {
        bestDb = aboveDb;
        best = `${peakHz.toFixed(0)} Hz at ${aboveDb.toFixed(0)} dB`;
      }
      return undefined;
    },
    {
      everyMs: 100,
      timeoutMs: (toneSeconds + 2) * 1_000,
      what: `a tone of ${toneHz} Hz, 30 dB above the rest`,
    },
  ).catch((cause: unknown) => {
    throw new Error(`${(cause as Error).message}; heard at most: ${best}`, {
      cause,
    });
  });
}

function tone(): Uint8Array {
  const samples = Int16Array.from(
    { length: 48_000 * toneSeconds },
    (_, index) =>
      Math.round(8_000 * Math.sin((2 * Math.PI * toneHz * index) / 48_000)),
  );
  return new Uint8Array(samples.buffer);
}
