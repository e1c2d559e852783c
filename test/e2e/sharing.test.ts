/**
 * Sharing: one acts, others look; control goes from hand to hand; pages come back to what they had.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  openForInput,
  startInputSession,
  type InputPath,
  type InputSession,
  type InputViewer,
} from "../fixtures/e2e-input.ts";
import { report } from "../fixtures/e2e-report.ts";
import {
  openRelay,
  shareLink,
  sharingState,
  waitForSharing,
  wish,
} from "../fixtures/e2e-sharing.ts";
import { openInChromium } from "../fixtures/e2e-viewer.ts";
import { startAgent } from "../fixtures/agent-process.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 5_000 };

let chromium: ChromiumBrowser;

beforeAll(async () => {
  chromium = await launchChromium();
}, 60_000);

afterAll(async () => {
  await chromium.close();
});

function clipboardPolicy(page: InputViewer["page"]): Promise<string> {
  return page.evaluate(
    () =>
      (
        globalThis as unknown as {
          streamspace: { clipboard: { state: { policy: string } } };
        }
      ).streamspace.clipboard.state.policy,
  );
}

/** What of two texts, typed in both pages at one time, arrives. */
async function typed(
  session: InputSession,
  texts: readonly (readonly [InputViewer, string])[],
): Promise<string> {
  const start = session.listener.lines.length;
  for (const [viewer, text] of texts) await viewer.page.keyboard.type(text);
  // The agent handles each page's messages in order: an answer to a later one comes after the keys.
  for (const [viewer] of texts) await settled(viewer);
  await session.caughtUp();
  return session.textSince(start);
}

/** Input of the page has reached the agent, by whichever path it went. */
async function settled({ page }: InputViewer): Promise<void> {
  await page.waitForTimeout(300);
}

describe("an exclusive session", () => {
  let session: InputSession;

  beforeAll(async () => {
    session = await startInputSession({
      args: ["--control", "exclusive", "--resize", "follow"],
    });
  }, 60_000);

  afterAll(async () => {
    await session.close();
  });

  async function open(path: InputPath = "data channels"): Promise<InputViewer> {
    return await openForInput(chromium.browser, session.agent.url, { path });
  }

  test.each(["data channels", "WebSocket"] as const)(
    "one acts, the other looks, and control changes hands with nothing held: over %s",
    async (path) => {
      await using first = await open(path);
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      await using second = await open(path);
      const { viewerId } = await waitForSharing(
        second.page,
        "two viewers",
        ({ viewers }) => viewers.length === 2,
      );
      expect(
        await typed(session, [
          [first, "one"],
          [second, "two"],
        ]),
      ).toBe("one");

      await first.page.keyboard.down("ShiftLeft");
      await expect
        .poll(async () => (await session.held()).keycodes.length, arrival)
        .toBe(1);
      await wish(second.page, "requestControl");
      const asked = await waitForSharing(
        first.page,
        "the request",
        ({ decides }) => decides.length > 0,
      );
      expect(asked.decides).toEqual([viewerId]);
      await wish(first.page, "giveControl", viewerId);
      await waitForSharing(second.page, "control", (s) => s.mayControl);
      expect(await session.held()).toEqual({ keycodes: [], buttons: 0 });
      expect((await sharingState(first.page)).mayControl).toBe(false);
      expect(
        await typed(session, [
          [first, "three"],
          [second, "four"],
        ]),
      ).toBe("four");
      await first.waitForWords(/Somebody else has control/);
    },
    testTimeoutMs,
  );

  test(
    "the screen and the clipboard go with control",
    async () => {
      await using first = await openForInput(
        chromium.browser,
        session.agent.url,
        { viewport: { width: 1_000, height: 640 } },
      );
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      await using second = await openForInput(
        chromium.browser,
        session.agent.url,
        { viewport: { width: 900, height: 600 } },
      );
      const screen = async (): Promise<unknown> =>
        (await session.agent.health()).display;
      const policies = async (): Promise<unknown> => [
        await clipboardPolicy(first.page),
        await clipboardPolicy(second.page),
      ];
      await expect.poll(screen, arrival).toEqual({ width: 1_000, height: 640 });
      await expect.poll(policies, arrival).toEqual(["both", "off"]);
      await second.page.setViewportSize({ width: 880, height: 600 });
      await wish(second.page, "takeControl");
      await expect.poll(screen, arrival).toEqual({ width: 880, height: 600 });
      await expect.poll(policies, arrival).toEqual(["off", "both"]);
      await first.page.setViewportSize({ width: 700, height: 500 });
      await first.page.waitForTimeout(300);
      expect(await screen()).toEqual({ width: 880, height: 600 });
      await wish(second.page, "releaseControl");
      await wish(first.page, "requestControl");
      await expect.poll(screen, arrival).toEqual({ width: 700, height: 500 });
    },
    testTimeoutMs,
  );

  test(
    "a link for lookers lets look, and nothing else, by any path",
    async () => {
      await using first = await open();
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      const link = await shareLink(first.page);
      expect(link).not.toContain(session.agent.token);
      for (const path of ["data channels", "WebSocket"] as const) {
        await using looker = await openForInput(chromium.browser, link, {
          path,
        });
        const { role, mayAsk } = await sharingState(looker.page);
        expect({ role, mayAsk }).toEqual({ role: "viewer", mayAsk: false });
        const { viewerId: own } = await sharingState(first.page);
        await wish(looker.page, "takeControl");
        await wish(looker.page, "requestControl");
        await wish(looker.page, "kick", own);
        await expect(shareLink(looker.page)).rejects.toThrow(/only lets/);
        const before = session.buttonsSince(0).length;
        await looker.page.mouse.click(400, 300);
        await looker.page.mouse.wheel(0, 300);
        expect(await typed(session, [[looker, "looker"]])).toBe("");
        expect(session.buttonsSince(0).length).toBe(before);
        expect((await sharingState(first.page)).mayControl).toBe(true);
        await looker.waitForWords(/lets you look/);
      }
      expect(await typed(session, [[first, "acts"]])).toBe("acts");
    },
    testTimeoutMs,
  );

  test(
    "who is sent away is told so, and does not come back by itself",
    async () => {
      await using first = await open();
      await using second = await open();
      const { viewers } = await waitForSharing(
        first.page,
        "two viewers",
        (state) => state.viewers.length === 2,
      );
      await wish(first.page, "kick", viewers[1]?.id);
      await second.waitForState("stopped");
      await second.waitForWords(/You were sent out/);
      await waitForSharing(
        first.page,
        "one viewer",
        (state) => state.viewers.length === 1,
      );
      await second.page.waitForTimeout(3_000);
      expect(await second.state()).toBe("stopped");
      expect((await session.agent.health()).viewers).toBe(1);
    },
    testTimeoutMs,
  );

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
      await using relay = await openRelay(session.agent.port);
      const url = new URL(session.agent.url);
      url.port = String(relay.port);
      await using first = await openForInput(chromium.browser, url.href);
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      await using second = await open();
      await wish(second.page, "requestControl");
      await first.page.keyboard.down("ShiftLeft");
      await expect
        .poll(async () => (await session.held()).keycodes.length, arrival)
        .toBe(1);
      relay.cut();
      await first.waitForWords(/Connection lost|Connecting again/);
      await expect
        .poll(async () => (await session.held()).keycodes, arrival)
        .toEqual([]);
      expect((await sharingState(second.page)).isKept).toBe(true);
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
      await using relay = await openRelay(session.agent.port);
      const url = new URL(session.agent.url);
      url.port = String(relay.port);
      await using first = await openForInput(chromium.browser, url.href);
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      await using second = await open();
      await wish(second.page, "requestControl");
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

  test(
    "viewers see each other by name, and each other's pointers",
    async () => {
      await using first = await open();
      await waitForSharing(first.page, "control", (s) => s.mayControl);
      await using looker = await openForInput(
        chromium.browser,
        await shareLink(first.page),
      );
      await wish(looker.page, "rename", "Ann\u202e Lee");
      const { viewers } = await waitForSharing(
        first.page,
        "the name",
        ({ viewers: [holder, named] }) =>
          named?.name === "Ann Lee" && holder?.controls === true,
      );
      expect(viewers).toMatchObject([
        { role: "controller", controls: true, transport: "webrtc" },
        { role: "viewer", controls: false, transport: "webrtc" },
      ]);
      const place = await first.page.evaluate(async () => {
        const { streamspace } = globalThis as unknown as {
          streamspace: {
            sharing: {
              subscribe(listener: {
                onPointers(places: { id: string; x: number }[]): void;
              }): () => void;
            };
          };
        };
        const page = globalThis as unknown as { pointers: unknown[] };
        page.pointers = [];
        streamspace.sharing.subscribe({
          onPointers: (places) => page.pointers.push(...places),
        });
        await Promise.resolve();
        return page.pointers.length;
      });
      expect(place).toBe(0);
      const target = await looker.locate({ x: 321, y: 123 });
      await looker.page.mouse.move(target.x, target.y);
      await expect
        .poll(
          () =>
            first.page.evaluate(() =>
              (globalThis as unknown as { pointers: unknown[] }).pointers.at(
                -1,
              ),
            ),
          arrival,
        )
        .toEqual({ id: viewers[1]?.id, x: 321, y: 123 });
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
