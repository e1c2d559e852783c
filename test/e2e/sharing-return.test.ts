/**
 * Pages of a shared session that were away, and come back to what they had.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  openForInput,
  startInputSession,
  type InputSession,
  type InputViewer,
} from "../fixtures/e2e-input.ts";
import { report } from "../fixtures/e2e-report.ts";
import {
  openRelay,
  sharingState,
  typed,
  waitForSharing,
  wish,
  type Relay,
} from "../fixtures/e2e-sharing.ts";
import { openInChromium } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 5_000 };

let chromium: ChromiumBrowser;

beforeAll(async () => {
  chromium = await launchChromium();
}, 60_000);

afterAll(async () => {
  await chromium.close();
});

describe("in an exclusive session", () => {
  let session: InputSession;

  beforeAll(async () => {
    session = await startInputSession({
      args: ["--control", "exclusive", "--resize", "follow"],
    });
  }, 60_000);

  afterAll(async () => {
    await session.close();
  });

  async function open(): Promise<InputViewer> {
    return await openForInput(chromium.browser, session.agent.url);
  }

  /** Two pages: the first has control and is connected by a relay, the second has asked for control. */
  async function openByRelay(): Promise<
    AsyncDisposable & { relay: Relay; first: InputViewer; second: InputViewer }
  > {
    await using opened = new AsyncDisposableStack();
    const relay = opened.use(await openRelay(session.agent.port));
    const url = new URL(session.agent.url);
    url.port = String(relay.port);
    const first = opened.use(await openForInput(chromium.browser, url.href));
    await waitForSharing(first.page, "control", (s) => s.mayControl);
    const second = opened.use(await open());
    await wish(second.page, "requestControl");
    const owned = opened.move();
    return {
      ...{ relay, first, second },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  }

  test(
    "a page that is loaded again has its control again, although another waits for it",
    async () => {
      await using first = await open();
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      await using second = await open();
      await wish(second.page, "requestControl");
      await waitForSharing(second.page, "its request", (s) => s.isAsking);
      const before = await sharingState(first.page);
      await first.page.reload();
      await first.waitForState("connected");
      const { viewerId } = await waitForSharing(
        first.page,
        "control",
        (state) => state.mayControl,
      );
      expect(viewerId).not.toBe(before.viewerId);
      expect((await sharingState(second.page)).mayControl).toBe(false);
    },
    testTimeoutMs,
  );

  test(
    "a page whose network was cut comes back to its control, and says what it does meanwhile",
    async () => {
      await using pages = await openByRelay();
      const { relay, first, second } = pages;
      await first.page.keyboard.down("ShiftLeft");
      await expect
        .poll(async () => (await session.held()).keycodes.length, arrival)
        .toBe(1);
      relay.cut();
      await first.waitForWords(/Connection lost|Connecting again/);
      await expect
        .poll(async () => (await session.held()).keycodes, arrival)
        .toEqual([]);
      await waitForSharing(second.page, "the kept control", (s) => s.isKept);
      await first.page.waitForTimeout(2_000);
      const startMs = performance.now();
      relay.mend();
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      await first.waitForState("connected");
      report("back after a cut network", performance.now() - startMs);
      expect((await sharingState(second.page)).mayControl).toBe(false);
      await first.page.keyboard.up("ShiftLeft");
      expect(await typed(session, [[first, "again"]])).toBe("again");
    },
    testTimeoutMs,
  );

  test(
    "a page that is in another network now takes its own place, with its control",
    async () => {
      await using pages = await openByRelay();
      const { relay, first, second } = pages;
      const before = await sharingState(first.page);
      relay.stall();
      const startMs = performance.now();
      // As Chromium tells it; nothing else says that the connection is dead.
      await first.page.evaluate(() => {
        const { navigator } = globalThis as unknown as {
          navigator: { connection: EventTarget };
        };
        navigator.connection.dispatchEvent(new Event("change"));
      });
      const after = await waitForSharing(
        first.page,
        "another visit",
        ({ viewerId, mayControl }) =>
          viewerId !== before.viewerId && mayControl,
      );
      await first.waitForState("connected");
      report("back after a change of network", performance.now() - startMs);
      // The agent had not missed the dead connection yet.
      await waitForSharing(
        first.page,
        "two viewers",
        ({ viewers }) => viewers.length === 2,
      );
      expect(after.role).toBe("controller");
      expect((await sharingState(second.page)).mayControl).toBe(false);
    },
    testTimeoutMs,
  );

  test(
    "a page that was put to sleep lets go of its keys, and comes back to its control when it wakes up",
    async () => {
      await using first = await open();
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      const { viewerId } = await sharingState(first.page);
      await first.page.keyboard.down("ShiftLeft");
      await expect
        .poll(async () => (await session.held()).keycodes.length, arrival)
        .toBe(1);
      const devtools = await first.page.context().newCDPSession(first.page);
      // As a browser does it to a tab that sleeps: no script of the page runs. To freeze one that plays it refuses.
      await devtools.send("Debugger.enable");
      await devtools.send("Debugger.pause");
      await session.agent.waitForHealth(
        "the end of the silent viewer",
        ({ viewers }) => viewers === 0,
        25_000,
      );
      expect(await session.held()).toEqual({ keycodes: [], buttons: 0 });
      const startMs = performance.now();
      await devtools.send("Debugger.resume");
      const woken = await waitForSharing(
        first.page,
        "control",
        (state) => state.mayControl && state.viewerId !== viewerId,
      );
      await first.waitForState("connected");
      report("back after a sleep of the tab", performance.now() - startMs);
      expect(woken.role).toBe("controller");
      await first.page.keyboard.up("ShiftLeft");
      expect(await typed(session, [[first, "awake"]])).toBe("awake");
    },
    testTimeoutMs,
  );
});

test(
  "after a new start with the same tokens all pages come back with their roles",
  async () => {
    const args = ["--control", "exclusive"];
    const token = "the-token-of-controllers";
    const env = { STREAMSPACE_VIEWER_TOKEN: "the-token-of-lookers" };
    await using first = await startAgent({ token, args, env });
    await using controller = await openInChromium(chromium.browser, first.url);
    await controller.waitForState("connected");
    await using looker = await openInChromium(
      chromium.browser,
      first.url.replace(token, "the-token-of-lookers"),
    );
    await looker.waitForState("connected");
    first.signal("SIGKILL");
    await controller.waitForWords(/Connection lost|Connecting again/);
    await looker.waitForWords(/Connection lost|Connecting again/);
    await first.exited;
    await using second = await startAgent({
      token,
      args,
      env,
      port: first.port,
    });
    await controller.waitForState("connected", 20_000);
    await looker.waitForState("connected", 20_000);
    const acts = await waitForSharing(
      controller.page,
      "control",
      (state) => state.mayControl,
    );
    expect(acts.role).toBe("controller");
    const looks = await sharingState(looker.page);
    expect(looks).toMatchObject({ role: "viewer", mayControl: false });
    expect((await second.health()).viewers).toBe(2);
  },
  testTimeoutMs,
);

test(
  "after a new start with another token a page says so, and takes the new one",
  async () => {
    await using first = await startAgent();
    await using viewer = await openInChromium(chromium.browser, first.url);
    await viewer.waitForState("connected");
    first.signal("SIGKILL");
    await first.exited;
    await using second = await startAgent({ port: first.port });
    await viewer.waitForWords(/The session was started anew/, 20_000);
    await viewer.page.getByLabel("Access token").fill(second.token);
    await viewer.page.getByRole("button", { name: "Connect" }).click();
    await viewer.waitForState("connected");
  },
  testTimeoutMs,
);
