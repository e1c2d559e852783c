/**
 * A TURN server that dies or hangs under a page whose media goes through it: the picture goes on by the WebSocket, and
 * back when the server is there again.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import { startAgent } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { startCoturn, type Coturn } from "../fixtures/coturn.ts";
import { report } from "../fixtures/e2e-report.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

const limitMs = 12_000;

let chromium: ChromiumBrowser;

beforeAll(async () => {
  chromium = await launchChromium();
}, 60_000);

afterAll(async () => {
  await chromium.close();
});

async function untilTransport(
  { page }: ChromiumViewer,
  wanted: string,
  timeoutMs: number,
): Promise<void> {
  await poll(
    async () => {
      const transport = await page.evaluate(
        () =>
          (globalThis as unknown as { streamspace?: { transport?: string } })
            .streamspace?.transport,
      );
      return transport === wanted ? true : undefined;
    },
    { everyMs: 20, timeoutMs, what: `the picture by ${wanted}` },
  );
}

test.each([
  { what: "is killed", signal: "SIGKILL" },
  { what: "hangs", signal: "SIGSTOP" },
] as const)(
  "the picture goes on when the TURN server $what, and health has nothing to say",
  async ({ signal }) => {
    await using servers = new AsyncDisposableStack();
    const turn: Coturn = servers.use(await startCoturn());
    await using agent = await startAgent({
      args: ["--ice-transport-policy", "relay"],
      env: { STREAMSPACE_ICE_SERVERS: JSON.stringify([turn.server]) },
    });
    await using viewer = await openInChromium(chromium.browser, agent.url);
    await viewer.waitForState("connected");
    await untilTransport(viewer, "webrtc", limitMs);
    await viewer.waitForChange();
    const startMs = performance.now();
    process.kill(turn.pid, signal);
    await untilTransport(viewer, "websocket", limitMs);
    await viewer.waitForChange(limitMs);
    report(`TURN ${signal}: picture moves`, performance.now() - startMs);
    expect((await agent.health()).status).toBe("ready");
    // The page hears of a frame from its compositor, a moment after it can be read.
    await viewer.waitForState("connected");
  },
  60_000,
);
