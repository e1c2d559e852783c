/**
 * What somebody can bring about whose token only lets look, with a page that sends whatever it likes by every channel.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import { clientMessage, type ClientMessage } from "../../signaling/protocol.ts";
import { displayOf } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  answers,
  attack,
  attackByFrame,
  attackChannels,
  hasChannels,
  keepConnections,
  openOwnChannel,
  type AttackChannel,
} from "../fixtures/e2e-attack.ts";
import {
  openForInput,
  startInputSession,
  type InputSession,
  type InputViewer,
} from "../fixtures/e2e-input.ts";
import { shareLink, sharingState } from "../fixtures/e2e-sharing.ts";
import { messageSamples } from "../fixtures/message-samples.ts";
import { xclipCopy, xclipPaste, type XclipPlace } from "../fixtures/xclip.ts";

const testTimeoutMs = 120_000;
const secret = "copied in the session";

type Type = ClientMessage["type"];

/** Those of its own connection can do no harm, and would end it. */
const own: readonly Type[] = [
  "hello",
  "answer",
  "candidate",
  "restart",
  "ping",
  "pong",
];
const hostile = clientMessage.options
  .map((option) => option.entries.type.literal)
  .filter((type) => !own.includes(type));

let chromium: ChromiumBrowser;
let session: InputSession;
let place: XclipPlace;
let controller: InputViewer;
let link: string;
const owned = new AsyncDisposableStack();

beforeAll(async () => {
  chromium = owned.use(await launchChromium());
  session = owned.use(
    await startInputSession({ args: ["--resize", "follow"] }),
  );
  place = displayOf(session.agent);
  owned.use(await xclipCopy(place, "UTF8_STRING", Buffer.from(secret)));
  controller = await openForInput(chromium.browser, session.agent.url);
  owned.use(controller);
  link = await shareLink(controller.page);
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

/** Everything of the session that a viewer who acts can change. */
async function effects(): Promise<Record<string, unknown>> {
  await session.caughtUp();
  const { display } = await session.agent.health();
  const { viewerId, mayControl, holders } = await sharingState(controller.page);
  const { lines } = session.listener;
  return {
    keys: lines.filter(({ type }) => type === "key").length,
    buttons: lines.filter(({ type }) => type === "button").length,
    // The marks of the test itself are in the first line of the screen.
    motions: lines.filter((line) => line.type === "motion" && line.y !== 0)
      .length,
    held: await session.held(),
    screen: display,
    clipboard: (await xclipPaste(place, "UTF8_STRING")).toString(),
    layout: await controller.page.evaluate(layoutOfPage),
    controller: { state: await controller.state(), viewerId, mayControl },
    holders,
  };
}

function layoutOfPage(): string | undefined {
  const { streamspace } = globalThis as unknown as {
    streamspace: { keyboard: { state: { layout?: string } } };
  };
  return streamspace.keyboard.state.layout;
}

/** Opens a page whose connection is the test's to use. */
async function openAttacker(
  url: string,
  channel: AttackChannel,
): Promise<InputViewer> {
  const viewer = await openForInput(chromium.browser, url, {
    scripts: [keepConnections],
  });
  if (channel === "own") await openOwnChannel(viewer.page);
  return viewer;
}

function sampleOf(type: Type, victim: string, another: string): string {
  const fields = messageSamples[type](victim, another);
  return JSON.stringify({ type, ...fields });
}

/** Sends, and returns when the agent has dealt with it; a page that was thrown out for it comes back. */
async function say(
  viewer: InputViewer,
  channel: AttackChannel,
  text: string,
): Promise<void> {
  const { page } = viewer;
  const before = (await answers(page)).errors.length;
  expect(await attack(page, channel, text)).toBe(true);
  if (channel === "own") return; // Nobody listens there.
  // The answer to what comes later shows that this was dealt with.
  const marker = { type: "key", seq: 1, keysym: 98, code: "KeyB" };
  await attack(page, channel, JSON.stringify({ ...marker, pressed: true }));
  const isOut = async (): Promise<boolean> =>
    (await viewer.state()) !== "connected";
  await poll(
    async () => {
      const { errors } = await answers(page);
      const isAnswered = errors
        .slice(before)
        .some((error) => error.includes('"about":"key"'));
      return isAnswered || (await isOut()) ? true : undefined;
    },
    { everyMs: 20, timeoutMs: 5_000, what: `the answer by ${channel}` },
  );
  if (!(await isOut())) return;
  await page.getByRole("button", { name: "Try again" }).click();
  await viewer.waitForState("connected");
  await poll(async () => ((await hasChannels(page)) ? true : undefined), {
    everyMs: 20,
    timeoutMs: 5_000,
    what: "the data channels",
  });
}

/** Everything hostile, each followed by frames of transfers that may have been announced. */
async function attackByAll(
  viewer: InputViewer,
  channel: AttackChannel,
  another: string,
): Promise<void> {
  const { viewerId: victim = "" } = await sharingState(controller.page);
  for (const type of hostile) {
    await say(viewer, channel, sampleOf(type, victim, another));
    for (let transfer = 0; transfer < 4; transfer += 1)
      await attackByFrame(viewer.page, transfer, "abc");
  }
}

describe("a viewer token", () => {
  test.each(attackChannels)(
    "cannot type, click, paste, resize or upload by any channel: %s",
    async (channel) => {
      const before = await effects();
      expect(before["clipboard"]).toBe(secret);
      await using looker = await openAttacker(link, channel);
      await using bystander = await openForInput(chromium.browser, link);
      const { viewerId: another = "" } = await sharingState(bystander.page);
      await attackByAll(looker, channel, another);
      await looker.page.waitForTimeout(500);
      expect(await effects()).toEqual(before);
      expect(await bystander.state()).toBe("connected");
      const { errors, binaryMessages } = await answers(looker.page);
      expect(binaryMessages).toBe(0);
      expect(errors.join()).not.toContain(secret);
    },
    testTimeoutMs,
  );
});

describe("the same by somebody who may act", () => {
  const acting: readonly Type[] = [
    ...(["motion", "button", "wheel", "key", "path", "text"] as const),
    ...(["resize", "keyboard-layout", "clipboard-put"] as const),
  ];

  test(
    "does all of that, so that the test above can fail",
    async () => {
      const before = await effects();
      await using actor = await openAttacker(session.agent.url, "WebSocket");
      for (const type of acting)
        expect(
          await attack(actor.page, "WebSocket", sampleOf(type, "", "")),
        ).toBe(true);
      await attackByFrame(actor.page, 1, "abc");
      await expect
        .poll(effects, { interval: 100, timeout: 8_000 })
        .toMatchObject({
          screen: { width: 640, height: 480 },
          clipboard: "abc",
          layout: "fr",
        });
      const after = await effects();
      for (const what of ["keys", "buttons", "motions"])
        expect(after[what]).toBeGreaterThan(Number(before[what]));
    },
    testTimeoutMs,
  );
});
