/**
 * Sharing: one acts, others look; control goes from hand to hand.
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
import {
  shareLink,
  sharingState,
  typed,
  waitForSharing,
  wish,
} from "../fixtures/e2e-sharing.ts";

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
      await expect
        .poll(screen, arrival)
        .toMatchObject({ width: 1_000, height: 640 });
      await expect.poll(policies, arrival).toEqual(["both", "off"]);
      await second.page.setViewportSize({ width: 880, height: 600 });
      await wish(second.page, "takeControl");
      await expect
        .poll(screen, arrival)
        .toMatchObject({ width: 880, height: 600 });
      await expect.poll(policies, arrival).toEqual(["off", "both"]);
      await first.page.setViewportSize({ width: 700, height: 500 });
      await first.page.waitForTimeout(300);
      expect(await screen()).toMatchObject({ width: 880, height: 600 });
      await wish(second.page, "releaseControl");
      await wish(first.page, "requestControl");
      await expect
        .poll(screen, arrival)
        .toMatchObject({ width: 700, height: 500 });
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
