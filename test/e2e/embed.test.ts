/**
 * The library, by its example: a session in a page of somebody else.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Files } from "../../client/src/files.ts";
import type { Sharing } from "../../client/src/sharing.ts";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  serveFolder,
  type FolderServer,
} from "../fixtures/e2e-panel-gallery.ts";
import { startX11Client } from "../fixtures/x11-client-process.ts";

const testTimeoutMs = 40_000;
const arrival = { interval: 20, timeout: 5_000 };
const slow = { interval: 50, timeout: 15_000 };
const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the scripts below need of the page. */
interface Scope {
  session: {
    sharing: Sharing;
    files: Files;
    on(type: string, listener: (event: unknown) => void): () => void;
  };
  events?: unknown[];
}

let chromium: ChromiumBrowser;
let portal: FolderServer;
let agent: AgentProcess;

beforeAll(async () => {
  [chromium, portal] = await Promise.all([
    launchChromium(),
    serveFolder(join(root, "client", "example")),
  ]);
  agent = await startAgent({
    args: ["--window-manager", "none", "--allowed-origins", portal.origin],
    command: ["sleep", "1000"],
  });
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
  await portal.close();
});

async function openPortal(
  from: FolderServer,
  to = agent,
): Promise<{ page: Page; errors: string[] } & AsyncDisposable> {
  const context = await chromium.browser.newContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(`${from.origin}/embed.html#${to.url}`);
  return { page, errors, [Symbol.asyncDispose]: () => context.close() };
}

test(
  "the example shows the session, types into it, presses keys, leaves and comes back",
  async () => {
    await using listener = await startX11Client("x11-key-listener", {
      ...displayOf(agent),
      args: [],
    });
    const pressed = (): number[] =>
      listener.lines
        .filter((line) => line.type === "key" && line.pressed)
        .map((line) => (line.type === "key" ? line.keysym : 0));
    await using opened = await openPortal(portal);
    const { page, errors } = opened;
    const state = page.locator("#state");
    await expect
      .poll(() => state.textContent(), { interval: 50, timeout: 15_000 })
      .toBe("Connected");
    const video = page.locator("video");
    const { width, height } = (await video.boundingBox()) ?? {};
    expect((width ?? 0) / (height ?? 1)).toBeCloseTo(16 / 9, 1);
    await page.locator("#session .stage").click();
    await page.keyboard.type("Hi");
    await expect
      .poll(pressed, arrival)
      .toEqual(expect.arrayContaining([0x48, 0x69]));
    await page.getByRole("button", { name: "Ctrl+Alt+Del" }).click();
    await expect
      .poll(() => pressed().slice(-3), arrival)
      .toEqual([0xffe3, 0xffe9, 0xffff]);
    await page
      .locator("#figures")
      .getByText(/ fps, /)
      .waitFor();
    await page.getByRole("button", { name: "Disconnect" }).click();
    await expect
      .poll(() => state.textContent(), arrival)
      .toMatch(/^Disconnected/);
    await expect
      .poll(async () => (await agent.health()).viewers, arrival)
      .toBe(0);
    // It stays away until it is asked to come back.
    await page.waitForTimeout(1_500);
    expect((await agent.health()).viewers).toBe(0);
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await expect.poll(() => state.textContent(), arrival).toBe("Connected");
    expect(errors).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "a client that is closed is gone: no element, no viewer, and closing again is harmless",
  async () => {
    await using opened = await openPortal(portal);
    const { page, errors } = opened;
    await expect
      .poll(() => page.locator("#state").textContent(), {
        interval: 50,
        timeout: 15_000,
      })
      .toBe("Connected");
    await page.evaluate(() => {
      const { session } = globalThis as unknown as {
        session: { close(): void; connect(): void };
      };
      session.close();
      session.close();
      session.connect();
    });
    expect(await page.locator("#session *").count()).toBe(0);
    await expect
      .poll(async () => (await agent.health()).viewers, arrival)
      .toBe(0);
    expect(errors).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "two pages share the session by the library: who is here, control, a link for lookers",
  async () => {
    await using exclusive = await startAgent({
      args: [
        ...["--window-manager", "none", "--control", "exclusive"],
        ...["--allowed-origins", portal.origin],
      ],
      command: ["sleep", "1000"],
    });
    await using first = await openPortal(portal, exclusive);
    const mayControl = (page: Page): Promise<boolean> =>
      page.evaluate(
        () => (globalThis as unknown as Scope).session.sharing.state.mayControl,
      );
    await expect.poll(() => mayControl(first.page), slow).toBe(true);
    await using second = await openPortal(portal, exclusive);
    await expect.poll(() => mayControl(second.page), slow).toBe(false);
    const own = await second.page.evaluate(async () => {
      const { session } = globalThis as unknown as Scope;
      const events: unknown[] = [];
      (globalThis as unknown as Scope).events = events;
      session.on("control", (event) => events.push(event));
      while (session.sharing.state.viewers.length < 2)
        await new Promise((resolve) => session.on("sharing", resolve));
      session.sharing.rename("Grace");
      session.sharing.requestControl();
      return session.sharing.state.viewerId;
    });
    const decides = (): Promise<readonly string[]> =>
      first.page.evaluate(
        () => (globalThis as unknown as Scope).session.sharing.state.decides,
      );
    await expect.poll(decides, arrival).toEqual([own]);
    const link = await first.page.evaluate((id) => {
      const { sharing } = (globalThis as unknown as Scope).session;
      sharing.giveControl(id);
      return sharing.shareLink();
    }, own ?? "");
    expect(link).toMatch(
      new RegExp(`^http://127.0.0.1:${exclusive.port}/#token=`),
    );
    await expect.poll(() => mayControl(second.page), arrival).toBe(true);
    expect(await mayControl(first.page)).toBe(false);
    expect(
      await second.page.evaluate(() => (globalThis as unknown as Scope).events),
    ).toMatchObject([{ event: "granted" }]);
    expect([...first.errors, ...second.errors]).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "a page of somebody else puts files into the session and gets them back",
  async () => {
    await using sharing = await startAgent({
      args: [
        ...["--window-manager", "none", "--files", "both"],
        ...["--allowed-origins", portal.origin],
      ],
      command: ["sleep", "1000"],
    });
    await using opened = await openPortal(portal, sharing);
    const { page, errors } = opened;
    const mayUpload = (): Promise<boolean> =>
      page.evaluate(
        () => (globalThis as unknown as Scope).session.files.state.mayUpload,
      );
    await expect.poll(mayUpload, slow).toBe(true);
    const [given, problem] = await page.evaluate(async () => {
      const { session } = globalThis as unknown as Scope;
      const { files } = session;
      files.upload([new File(["content of a page"], "page.txt")]);
      while (files.state.files?.[0]?.name !== "page.txt")
        await new Promise((resolve) => session.on("files", resolve));
      const content = await files.read("page.txt");
      const refusal = await files
        .read("missing")
        .catch((error: unknown) => error);
      return [await content.text(), (refusal as { problem: string }).problem];
    });
    expect([given, problem]).toEqual(["content of a page", "not-found"]);
    expect(
      await readFile(
        join(sharing.folder, "home", "Downloads", "page.txt"),
        "utf8",
      ),
    ).toBe("content of a page");
    expect(errors).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "a page of an origin that is not allowed gets neither the library nor the session",
  async () => {
    await using other = await serveFolder(join(root, "client", "example"));
    expect(other.origin).not.toBe(portal.origin);
    await using opened = await openPortal(other);
    await expect
      .poll(() => opened.errors.join("\n"), arrival)
      .toMatch(/CORS policy/);
    const refused = await opened.page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const socket = new WebSocket(url, "streamspace.v1");
          socket.onopen = () => {
            resolve("open");
          };
          socket.onerror = () => {
            resolve("refused");
          };
        }),
      `ws://127.0.0.1:${agent.port}/ws`,
    );
    expect(refused).toBe("refused");
  },
  testTimeoutMs,
);

test("the types that are published are whole, and say what the example uses", async () => {
  const folder = await mkdtemp(join(tmpdir(), "embed-types-"));
  try {
    const types = join(root, "dist", "client", "streamspace-client.d.ts");
    await copyFile(types, join(folder, "streamspace-client.d.ts"));
    await writeFile(
      join(folder, "consumer.ts"),
      `import { StreamSpaceClient, type SessionStats } from "./streamspace-client.js";
const client = new StreamSpaceClient({ url: "https://desktop.example/" });
const end: () => void = client.on("stats", (stats: SessionStats) => stats.roundTripMs?.toFixed(1));
client.on("state", ({ kind, headline }) => headline + kind);
client.mount(document.body);
client.sendKeys(["Control", "c"]);
client.on("sharing", ({ viewers, mayControl }) => viewers.length > 0 && mayControl);
const link: Promise<string> = client.sharing.shareLink();
void link;
// @ts-expect-error -- there is no such event
client.on("nothing", () => undefined);
end();
`,
    );
    const compilerOptions = {
      ...{ noEmit: true, strict: true, types: [] },
      ...{ target: "es2022", module: "esnext", moduleResolution: "bundler" },
      lib: ["es2022", "dom"],
    };
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["consumer.ts"] }),
    );
    const compiler = createRequire(import.meta.url).resolve(
      "typescript/bin/tsc",
    );
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [compiler, "-p", folder],
      { timeout: 30_000 },
    );
    expect(stdout).toBe("");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 40_000);
