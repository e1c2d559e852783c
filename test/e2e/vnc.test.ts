/**
 * The desktop by VNC: the page at `/vnc/` in both browsers, on a real session, and for somebody who may only look.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChildSpawner } from "../../agent/base/child-process.ts";
import { pageHandler } from "../../agent/http/page.ts";
import { DesktopInput } from "../../agent/session/desktop-input.ts";
import { tigervnc } from "../../agent/session/vnc/tigervnc.ts";
import { openX11Connection } from "../../agent/x11/connection.ts";
import { openInputInjector } from "../../agent/x11/input-injector.ts";
import { silentLog } from "../fakes/logs.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { launchFirefox } from "../fixtures/browser-firefox.ts";
import { checkAccessibility } from "../fixtures/e2e-accessibility.ts";
import { report } from "../fixtures/e2e-report.ts";
import { freePort } from "../fixtures/free-port.ts";
import { componentOf } from "../fixtures/e2e-session.ts";
import {
  startTerminalSession,
  type TerminalSession,
} from "../fixtures/e2e-terminal.ts";
import {
  readVncCanvas,
  vncServerOf,
  waitForVncState,
} from "../fixtures/e2e-vnc.ts";
import { rfb } from "../fixtures/rfb-messages.ts";
import { openVncSocket } from "../fixtures/vnc-client.ts";
import { vncTokens, VncWorld } from "../fixtures/vnc-world.ts";
import { startX11Client } from "../fixtures/x11-client-process.ts";
import { startXvfb } from "../fixtures/x11-xvfb.ts";

const testTimeoutMs = 60_000;
/** In xterm, away from the pointer that is part of the picture, and beside it. */
const places = [
  [500, 300],
  [20, 700],
] as const;
const white = [255, 255, 255];
const black = [0, 0, 0];
/** With Shift as fingers press it, so that upper case comes by two keys. */
const words = "Grand Total: 42 (ok?)";

let chromium: ChromiumBrowser;
let session: TerminalSession;
let novncPort: number;

beforeAll(async () => {
  chromium = await launchChromium();
  novncPort = await freePort();
  session = await startTerminalSession(["--novnc-port", String(novncPort)]);
}, 90_000);

afterAll(async () => {
  await session.close();
  await chromium.close();
});

function vncUrl(token = session.agent.token): string {
  return `http://127.0.0.1:${session.agent.port}/vnc/#token=${token}`;
}

async function openPage(
  url: string,
  scheme: "light" | "dark" = "light",
): Promise<Page> {
  const context = await chromium.browser.newContext({
    viewport: { width: 1_280, height: 720 },
    colorScheme: scheme,
  });
  const page = await context.newPage();
  await page.goto(url, { timeout: 10_000 });
  return page;
}

async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env["STREAMSPACE_E2E_PICTURES"];
  if (folder === undefined) return;
  await page.screenshot({ path: join(folder, `vnc-${name}.png`) });
}

/** What has been typed since `before`. */
async function typedSince(before: string): Promise<string> {
  return (await session.typed()).slice(before.length);
}

describe("the page at /vnc/ in Chromium", () => {
  test(
    "shows the desktop, and types into it",
    async () => {
      const startMs = performance.now();
      const page = await openPage(vncUrl());
      await waitForVncState(page, "picture");
      report("opening /vnc/ → first frame", performance.now() - startMs);
      expect(await readVncCanvas(page, places)).toEqual({
        ...{ width: 1_280, height: 720, colours: [white, black] },
      });
      expect(page.url()).not.toContain(session.agent.token);
      const before = await session.typed();
      await page.keyboard.type(words, { delay: 5 });
      await page.keyboard.down("Shift");
      await page.keyboard.press("KeyA");
      await page.keyboard.up("Shift");
      await expect.poll(() => typedSince(before)).toBe(`${words}A`);
      expect((await session.agent.health()).vnc).toMatchObject({
        clients: 1,
        servers: [
          { service: "vnc", state: "running", backend: "tigervnc" },
          { service: "kasmvnc", state: "standby" },
        ],
      });
      await takePicture(page, "chromium");
      await page.context().close();
    },
    testTimeoutMs,
  );

  test(
    "asks for a token, and for another where it was wrong",
    async () => {
      const page = await openPage(vncUrl("not-the-token"));
      await waitForVncState(page, "needs-token");
      expect(await page.innerText("body")).toContain("was not accepted");
      await takePicture(page, "token");
      await page.getByLabel("Access token").fill(session.agent.token);
      await page.keyboard.press("Enter");
      await waitForVncState(page, "picture");
      await page.context().close();
    },
    testTimeoutMs,
  );

  test.each(["light", "dark"] as const)(
    "leads from the desktop to its controls by keyboard, and back, in %s",
    async (scheme) => {
      const page = await openPage(vncUrl(), scheme);
      await waitForVncState(page, "picture");
      await page.keyboard.press("Control+Alt+Shift+KeyM");
      const controls = page.getByRole("toolbar");
      await expect.poll(() => controls.locator(":focus").count()).toBe(1);
      const { violations, passes } = await checkAccessibility(page);
      expect(violations).toEqual([]);
      expect(passes).toContain("color-contrast");
      await takePicture(page, `controls-${scheme}`);
      await page.keyboard.press("Escape");
      const before = await session.typed();
      await page.keyboard.type("plain m");
      // Neither the way out nor a key that was held for it has reached the session.
      await expect.poll(() => typedSince(before)).toBe("plain m");
      await page.context().close();
    },
    testTimeoutMs,
  );

  test(
    "comes back by itself when the VNC server was killed",
    async () => {
      const page = await openPage(vncUrl());
      await waitForVncState(page, "picture");
      process.kill(vncServerOf(session.agent) ?? 0, "SIGKILL");
      const startMs = performance.now();
      await waitForVncState(page, "lost", 5_000);
      await waitForVncState(page, "picture");
      report(
        "picture after the VNC server was killed",
        performance.now() - startMs,
      );
      await page.context().close();
    },
    testTimeoutMs,
  );

  test(
    "is the first page of the port for noVNC, with the token of the address",
    async () => {
      const page = await openPage(
        `http://127.0.0.1:${novncPort}/#token=${session.agent.token}`,
      );
      await waitForVncState(page, "picture");
      expect(new URL(page.url()).pathname).toBe("/vnc/");
      await page.context().close();
    },
    testTimeoutMs,
  );
});

test(
  "Firefox shows the desktop by VNC, and types into it",
  async () => {
    await using firefox = await launchFirefox();
    const page = await firefox.browser.newPage();
    await page.setViewport({ width: 1_280, height: 720 });
    await page.goto(vncUrl(), { timeout: 15_000 });
    const evaluating = {
      evaluate: <A, R>(
        script: (argument: A) => R | Promise<R>,
        argument: A,
      ): Promise<R> =>
        page.evaluate(
          script as (argument: unknown) => unknown,
          argument,
        ) as Promise<R>,
    };
    await waitForVncState(evaluating, "picture");
    const { colours } = await readVncCanvas(evaluating, places);
    expect(colours).toEqual([white, black]);
    const before = await session.typed();
    await page.keyboard.type(words, { delay: 5 });
    await expect.poll(() => typedSince(before)).toBe(words);
    const folder = process.env["STREAMSPACE_E2E_PICTURES"];
    if (folder !== undefined)
      await page.screenshot({ path: join(folder, "vnc-firefox.png") });
  },
  testTimeoutMs,
);

test(
  "the agent's token for looking shows the desktop, and types nothing by VNC",
  async () => {
    const { agent } = session;
    const file = join(agent.runtimeDir, "session", "viewer-token");
    const token = readFileSync(file, "utf8");
    const client = await openVncSocket(agent.port, token);
    expect(client.welcome.role).toBe("viewer");
    const before = await session.typed();
    for (const down of [true, false]) client.stream.write(rfb.key(0x7a, down));
    const other = await openVncSocket(agent.port, agent.token);
    for (const down of [true, false]) other.stream.write(rfb.key(0x79, down));
    await expect.poll(() => typedSince(before)).toBe("y");
    client.socket.terminate();
    other.socket.terminate();
  },
  testTimeoutMs,
);

test(
  "the VNC server ends when nobody looks any more",
  async () => {
    const { agent } = session;
    const health = await agent.waitForHealth(
      "the end of the VNC server",
      (each) => componentOf(each, "vnc")?.state === "standby",
      15_000,
    );
    expect(health.vnc?.clients).toBe(0);
    expect(vncServerOf(agent)).toBeUndefined();
  },
  testTimeoutMs,
);

test.each(["viewer", "controller"] as const)(
  "a %s sees the desktop; only a controller types and points",
  async (role) => {
    await using owned = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "e2e-vnc-"));
    owned.defer(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const xvfb = owned.use(await startXvfb({ width: 1_280, height: 720 }));
    const { display } = xvfb;
    const keys = owned.use(
      await startX11Client("x11-key-listener", { display }),
    );
    const x11 = owned.use(
      await openX11Connection({ display, timeoutMs: 5_000 }),
    );
    const input = new DesktopInput();
    input.attach(await openInputInjector(x11, { log: silentLog }));
    owned.defer(() => {
      input.detach();
    });
    const server = await tigervnc.start({
      ...{ display, directory: join(folder, "vnc"), frameRate: 60 },
      ...{ spawner: new ChildSpawner(), screen: x11.screen },
      env: { ...process.env, DISPLAY: display },
      context: {
        ...{ signal: new AbortController().signal, generation: 1 },
        log: silentLog,
      },
    });
    owned.defer(() => server.close());
    const client = fileURLToPath(
      new URL("../../dist/client/", import.meta.url),
    );
    const world = owned.use(
      await VncWorld.open({
        server: () => server.socket,
        openSeat: () => input.openSeat(),
        handlers: [pageHandler(client)],
      }),
    );
    const page = await openPage(
      `http://127.0.0.1:${world.port}/vnc/#token=${vncTokens[role]}`,
    );
    owned.defer(() => page.context().close());
    await waitForVncState(page, "picture");
    // The page itself may be anybody's: what it sends is looked at. So keys are sent past noVNC's own view-only mode.
    await page.keyboard.type("abc", { delay: 5 });
    await page.mouse.click(300, 200);
    const raw = await openVncSocket(world.port, vncTokens[role]);
    owned.defer(() => {
      raw.socket.terminate();
    });
    expect(raw.welcome.role).toBe(role);
    for (const down of [true, false]) {
      raw.stream.write(rfb.key(0x7a, down));
      raw.stream.write(rfb.pointer(down ? 1 : 0, 10, 10));
    }
    if (role === "controller") {
      await keys.waitFor("what was typed", () =>
        keys.text() === "abcz" ? true : undefined,
      );
      await keys.waitFor("both clicks", (lines) =>
        lines.filter(({ type }) => type === "button").length === 4
          ? true
          : undefined,
      );
    } else {
      await delay(500);
      expect(keys.lines.map(({ type }) => type)).toEqual(["ready"]);
      await takePicture(page, "viewer");
      expect(await page.innerText(".vnc-toolbar")).toContain("look");
    }
  },
  testTimeoutMs,
);
