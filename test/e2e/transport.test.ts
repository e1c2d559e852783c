/**
 * Picture and sound by the WebSocket: where it is asked for, where nothing else gets through, and back again.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import type { AgentProcess } from "../fixtures/agent-process.ts";
import type { ChromiumBrowser } from "../fixtures/browser-chromium.ts";
import { coverScreen } from "../fixtures/e2e-flash-beep.ts";
import {
  installIceBlock,
  type IceBlockScope,
} from "../fixtures/e2e-ice-block.ts";
import { launchFirefox } from "../fixtures/browser-firefox.ts";
import { installProbe } from "../fixtures/e2e-page-probe.ts";
import { differences, startPatternSession } from "../fixtures/e2e-pattern.ts";
import { report } from "../fixtures/e2e-report.ts";
import { playTones } from "../fixtures/e2e-tone.ts";
import {
  openInChromium,
  viewerPage,
  type ChromiumViewer,
} from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 50, timeout: 10_000 };
/** Of 255; see picture.test.ts. */
const colourTolerance = 20;

let chromium: ChromiumBrowser;
let agent: AgentProcess;

const owned = new AsyncDisposableStack();

beforeAll(async () => {
  ({ agent, chromium } = owned.use(await startPatternSession()));
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

function open(query: string): Promise<ChromiumViewer> {
  const url = new URL(agent.url);
  url.search = query;
  return openInChromium(chromium.browser, url.href, {
    initScript: installIceBlock,
  });
}

const transportOf = ({ page }: ChromiumViewer): Promise<string | undefined> =>
  page.evaluate(
    () =>
      (globalThis as unknown as { streamspace?: { transport?: string } })
        .streamspace?.transport,
  );

const peersOf = ({ page }: ChromiumViewer): Promise<number> =>
  page.evaluate(() => (globalThis as unknown as IceBlockScope).iceBlock.peers);

/** The desktop comes by VNC, says so, and has its colours. */
async function expectVnc(viewer: ChromiumViewer, why: string): Promise<void> {
  report(`${why}: first frame by VNC`, await viewer.firstFrameMs(15_000));
  await viewer.waitForWords(/comes by VNC/);
  expect(await transportOf(viewer)).toBe("vnc");
  await expect
    .poll(() => differences(viewer, colourTolerance), arrival)
    .toEqual([]);
}

test(
  "the WebSocket alone shows the picture in its colours, in step, and without a peer connection",
  async () => {
    await using viewer = await open("?transport=websocket");
    await viewer.waitForState("connected");
    report("navigation to first frame", await viewer.firstFrameMs());
    await expect
      .poll(() => differences(viewer, colourTolerance), arrival)
      .toEqual([]);
    expect(await transportOf(viewer)).toBe("websocket");
    expect(await peersOf(viewer)).toBe(0);
    const cover = await coverScreen(agent);
    try {
      for (const isWhite of [true, false, true, false, true]) {
        await cover.flash(() => 0);
        await expect
          .poll(async () => {
            const [[level = 0] = []] = await viewer.readColours([
              { x: 640, y: 360 },
            ]);
            return level > 127;
          }, arrival)
          .toBe(isWhite);
      }
    } finally {
      await cover.close();
    }
  },
  testTimeoutMs,
);

test(
  "the WebSocket alone carries the sound",
  async () => {
    await using viewer = await open("?transport=websocket");
    await viewer.waitForState("connected");
    await viewer.page.mouse.click(400, 300);
    await expect.poll(() => viewer.isSilent(), arrival).toBe(false);
    await viewer.listen();
    await using playing = new AsyncDisposableStack();
    playing.use(await playTones(agent, [440, 440]));
    await expect
      .poll(async () => {
        const { peakHz, peakDb, medianDb } = await viewer.spectrum(0);
        return Math.abs(peakHz - 440) < 5 && peakDb - medianDb > 30;
      }, arrival)
      .toBe(true);
  },
  testTimeoutMs,
);

const audioErrorsOf = ({ page }: ChromiumViewer): Promise<number> =>
  page.evaluate(
    () => (globalThis as unknown as IceBlockScope).iceBlock.audioErrors,
  );

test(
  "a decoder of sound that fails again and again is replaced each time, and the sound goes on",
  async () => {
    await using viewer = await open("?transport=websocket&audioerror=100");
    await viewer.waitForState("connected");
    await viewer.page.mouse.click(400, 300);
    await viewer.listen();
    await using playing = new AsyncDisposableStack();
    playing.use(await playTones(agent, [440, 440]));
    await expect.poll(() => audioErrorsOf(viewer), arrival).toBeGreaterThan(2);
    await expect
      .poll(async () => {
        const { peakHz, peakDb, medianDb } = await viewer.spectrum(0);
        return Math.abs(peakHz - 440) < 5 && peakDb - medianDb > 30;
      }, arrival)
      .toBe(true);
    expect(await viewer.words()).not.toMatch(/cannot be played/);
  },
  testTimeoutMs,
);

test(
  "a decoder of sound that gives none is given up, the page says so, and the picture stays",
  async () => {
    await using viewer = await open("?transport=websocket&audioerror=1");
    await viewer.waitForState("connected");
    // It fails with the first packet, which may be one of silence that came before the picture.
    const said = viewer.waitForWords(/Sound cannot be played/);
    await using playing = new AsyncDisposableStack();
    playing.use(await playTones(agent, [440, 440]));
    await said;
    await expect
      .poll(() => differences(viewer, colourTolerance), arrival)
      .toEqual([]);
    expect(await audioErrorsOf(viewer)).toBe(1);
    expect(await viewer.state()).toBe("connected");
  },
  testTimeoutMs,
);

test(
  "a page that no media reaches shows the desktop within 5 s, says so, and is back within 10 s",
  async () => {
    await using viewer = await open("?blocked");
    const firstMs = await viewer.firstFrameMs();
    report("navigation to first frame, media blocked", firstMs);
    expect(firstMs).toBeLessThan(5_000);
    expect(await transportOf(viewer)).toBe("websocket");
    await viewer.waitForWords(/comes over the WebSocket/);
    await expect
      .poll(() => differences(viewer, colourTolerance), arrival)
      .toEqual([]);
    await viewer.page.evaluate(() => {
      (globalThis as unknown as IceBlockScope).iceBlock.isOn = false;
    });
    const freeMs = performance.now();
    await poll(
      async () => ((await transportOf(viewer)) === "webrtc" ? true : undefined),
      { everyMs: 50, timeoutMs: 10_000, what: "the return to WebRTC" },
    );
    report("media free again: back", performance.now() - freeMs);
    await expect
      .poll(() => differences(viewer, colourTolerance), arrival)
      .toEqual([]);
    expect(await viewer.state()).toBe("connected");
    // The stream by the WebSocket has ended: one viewer is left at the encoder.
    await expect
      .poll(async () => {
        const { video } = await agent.health();
        return video.reduce((sum, { viewers }) => sum + viewers, 0);
      }, arrival)
      .toBe(1);
  },
  testTimeoutMs,
);

test(
  "a page without WebCodecs that no media reaches shows the desktop by VNC, takes input, and returns",
  async () => {
    await using viewer = await open("?blocked&nodecoder");
    await expectVnc(viewer, "no decoder");
    const cover = await coverScreen(agent);
    try {
      await cover.flash(() => 0);
      await expect
        .poll(() => viewer.readColours([{ x: 640, y: 360 }]), arrival)
        .toEqual([[255, 255, 255]]);
    } finally {
      await cover.close();
    }
    await viewer.page.evaluate(() => {
      (globalThis as unknown as IceBlockScope).iceBlock.isOn = false;
    });
    await poll(
      async () => ((await transportOf(viewer)) === "webrtc" ? true : undefined),
      { everyMs: 50, timeoutMs: 10_000, what: "the return to WebRTC" },
    );
    await expect
      .poll(() => differences(viewer, colourTolerance), arrival)
      .toEqual([]);
  },
  testTimeoutMs,
);

test(
  "a page that decodes nothing any more of what a peer brings shows the desktop by the WebSocket, and says why",
  async () => {
    await using viewer = await open("?spoilable");
    await viewer.waitForState("connected");
    await viewer.firstFrameMs();
    expect(await transportOf(viewer)).toBe("webrtc");
    await viewer.page.evaluate(() => {
      (globalThis as unknown as IceBlockScope).iceBlock.spoils = true;
    });
    const spoiltMs = performance.now();
    const cover = await coverScreen(agent);
    try {
      await poll(
        async () => {
          await cover.flash(() => 0);
          return (await transportOf(viewer)) === "websocket" ? true : undefined;
        },
        { everyMs: 100, timeoutMs: 15_000, what: "the WebSocket" },
      );
      report("frames undecoded: other way", performance.now() - spoiltMs);
      await viewer.waitForWords(/could not decode/);
    } finally {
      await cover.close();
    }
    await expect
      .poll(() => differences(viewer, colourTolerance), arrival)
      .toEqual([]);
  },
  testTimeoutMs,
);

test(
  "a page whose decoder takes frames and gives none shows the desktop by VNC",
  async () => {
    await using viewer = await open("?blocked&silentdecoder");
    await expectVnc(viewer, "a silent decoder");
  },
  testTimeoutMs,
);

test(
  "Firefox shows the picture by the WebSocket too, and follows it",
  async () => {
    await using firefox = await launchFirefox();
    const page = await firefox.browser.newPage();
    await page.setViewport({ width: 1280, height: 720 });
    await page.evaluateOnNewDocument(installProbe);
    const url = new URL(agent.url);
    url.search = "?transport=websocket";
    await page.goto(url.href, { timeout: 15_000 });
    const viewer = viewerPage({
      evaluate: (script, argument) =>
        page.evaluate(script as (argument: unknown) => never, argument),
    });
    await viewer.waitForState("connected", 20_000);
    report("Firefox: first frame", await viewer.firstFrameMs());
    await expect
      .poll(() => differences(viewer, colourTolerance), arrival)
      .toEqual([]);
    const cover = await coverScreen(agent);
    try {
      await cover.flash(() => 0);
      await expect
        .poll(() => viewer.readColours([{ x: 640, y: 360 }]), arrival)
        .toEqual([[255, 255, 255]]);
    } finally {
      await cover.close();
    }
  },
  testTimeoutMs,
);
