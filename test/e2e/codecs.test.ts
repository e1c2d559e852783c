/**
 * The codec of each viewer: what its page asks for, and what the agent shares among those who ask for the same.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentProcess } from "../fixtures/agent-process.ts";
import type { ChromiumBrowser } from "../fixtures/browser-chromium.ts";
import { differences, startPatternSession } from "../fixtures/e2e-pattern.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 50, timeout: 10_000 };
/** Of 255; see picture.test.ts. */
const colourTolerance = 20;

let chromium: ChromiumBrowser;
let agent: AgentProcess;

const owned = new AsyncDisposableStack();

beforeAll(async () => {
  ({ agent, chromium } = owned.use(await startPatternSession()));
  // While encoders are proven, nobody can say yet which codecs there are.
  await agent.waitForHealth(
    "every proof",
    ({ encoders }) =>
      encoders.every(({ state }) => state === "proven" || state === "refused"),
    30_000,
  );
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

/** A page whose answers a test can read. */
async function openWith(codec: string | undefined): Promise<ChromiumViewer> {
  const url = new URL(agent.url);
  if (codec !== undefined) url.searchParams.set("codec", codec);
  const viewer = await openInChromium(chromium.browser, url.href, {
    initScript: keepAnswers,
  });
  try {
    await viewer.waitForState("connected", 20_000);
    return viewer;
  } catch (error) {
    await viewer[Symbol.asyncDispose]();
    throw error;
  }
}

interface AnsweringScope {
  answers: string[];
  RTCPeerConnection: {
    prototype: {
      setLocalDescription(description?: { sdp?: string }): Promise<void>;
    };
  };
}

/** Runs in the page. */
function keepAnswers(): void {
  const scope = globalThis as unknown as AnsweringScope;
  scope.answers = [];
  const { prototype } = scope.RTCPeerConnection;
  const original = Object.getOwnPropertyDescriptor(
    prototype,
    "setLocalDescription",
  )?.value as (description?: { sdp?: string }) => Promise<void>;
  prototype.setLocalDescription = function (description) {
    scope.answers.push(description?.sdp ?? "");
    return original.call(this, description);
  };
}

/** Children of the agent that encode with `element` now. */
function encodersWith(element: string): number {
  return agent
    .processes()
    .filter(
      ({ parentPid, command }) =>
        parentPid === agent.pid && command.includes(` ${element} `),
    ).length;
}

test.each([
  { codec: "h264", element: "x264enc" },
  { codec: "vp8", element: "vp8enc" },
  { codec: "vp9", element: "vp9enc" },
])(
  "?codec=$codec shows the picture in its colours, by $element",
  async ({ codec, element }) => {
    await using viewer = await openWith(codec);
    await expect
      .poll(() => differences(viewer, colourTolerance), arrival)
      .toEqual([]);
    const { video } = await agent.health();
    expect(
      video
        .filter(({ viewers }) => viewers > 0)
        .map((each) => ({ codec: each.codec, encoder: each.encoder })),
    ).toEqual([{ codec, encoder: element }]);
  },
  testTimeoutMs,
);

test(
  "four viewers of one codec share one encoder, beside one of another",
  async () => {
    await using viewers = new AsyncDisposableStack();
    const pages: ChromiumViewer[] = [];
    for (const codec of ["h264", "h264", "h264", "h264", "vp8"]) {
      pages.push(viewers.use(await openWith(codec)));
    }
    for (const page of pages) {
      await expect
        .poll(() => differences(page, colourTolerance), arrival)
        .toEqual([]);
    }
    const { video } = await agent.health();
    expect(
      video
        .filter((each) => each.viewers > 0)
        .map((each) => [each.codec, each.viewers]),
    ).toEqual([
      ["h264", 4],
      ["vp8", 1],
    ]);
    expect({
      h264: encodersWith("x264enc"),
      vp8: encodersWith("vp8enc"),
    }).toEqual({ h264: 1, vp8: 1 });
  },
  testTimeoutMs,
);

test(
  "Chromium takes redundant audio beside Opus",
  async () => {
    await using viewer = await openWith(undefined);
    const answers = await viewer.page.evaluate(
      () => (globalThis as unknown as AnsweringScope).answers,
    );
    expect(answers.at(-1)).toMatch(/^m=audio 9 \S+ 111 63\b/m);
    expect(answers.at(-1)).toMatch(/^a=fmtp:63 111\/111\r?$/m);
  },
  testTimeoutMs,
);
