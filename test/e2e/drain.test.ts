/**
 * The end of a session that an orchestrator asks for: viewers are told and have time, probes and events say so.
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withDeadline } from "../../agent/base/deadline.ts";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { report } from "../fixtures/e2e-report.ts";
import { processOf, untilNotReady } from "../fixtures/e2e-session.ts";
import { openInChromium } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 60_000;
/** The end itself; more is the grace. */
const endLimitMs = 5_000;

let chromium: ChromiumBrowser;
let folder: string;

beforeAll(async () => {
  chromium = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), "drain-"));
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await rm(folder, { recursive: true, force: true });
});

async function untilEnded(
  agent: AgentProcess,
  timeoutMs: number,
): Promise<void> {
  const exit = await withDeadline(agent.exited, {
    timeoutMs,
    what: "the end of the agent",
  });
  expect(exit).toEqual({ kind: "exit-code", exitCode: 0 });
}

async function readiness(agent: AgentProcess): Promise<string> {
  const response = await fetch(new URL("/readyz", agent.url));
  return `${response.status} ${(await response.text()).trim()}`;
}

describe("SIGTERM while somebody is there", () => {
  test(
    "is told on the page at once, leaves the grace, and ends in order",
    async () => {
      await using agent = await startAgent({ args: ["--end-grace", "3"] });
      await using viewer = await openInChromium(chromium.browser, agent.url);
      await viewer.waitForState("connected");
      const startMs = performance.now();
      agent.signal("SIGTERM");
      const words = await viewer.waitForWords(/The session is ending/, 1_000);
      report("SIGTERM: the page says so", performance.now() - startMs);
      expect(words).toMatch(/Save your work now/);
      expect(words).toMatch(/It ends in [123] s/);
      expect(await readiness(agent)).toMatch(/^503 the session is ending/);
      // It is still there to be used.
      await viewer.waitForChange(2_000);
      expect(await viewer.state()).toBe("connected");
      await untilEnded(agent, 3_000 + endLimitMs);
      expect(performance.now() - startMs).toBeGreaterThan(2_900);
      const contradiction = /The session is ending|Connection lost|Connecting/;
      expect(await viewer.waitForWords(/The session has ended/)).not.toMatch(
        contradiction,
      );
      // Tries go on behind it, and are no news.
      for (let look = 0; look < 20; look += 1) {
        await viewer.page.waitForTimeout(100);
        const words = await viewer.words();
        expect(words.match(/The session has ended/g)).toHaveLength(1);
        expect(words).not.toMatch(contradiction);
      }
    },
    testTimeoutMs,
  );

  test(
    "a second one hurries",
    async () => {
      await using agent = await startAgent({ args: ["--end-grace", "60"] });
      await using viewer = await openInChromium(chromium.browser, agent.url);
      await viewer.waitForState("connected");
      agent.signal("SIGTERM");
      await viewer.waitForWords(/The session is ending/);
      agent.signal("SIGTERM");
      await untilEnded(agent, endLimitMs);
    },
    testTimeoutMs,
  );

  test(
    "ends as soon as the last viewer has left, and at once where there is none",
    async () => {
      await using agent = await startAgent({ args: ["--end-grace", "60"] });
      const viewer = await openInChromium(chromium.browser, agent.url);
      await viewer.waitForState("connected");
      agent.signal("SIGTERM");
      await viewer.waitForWords(/The session is ending/);
      await viewer[Symbol.asyncDispose]();
      await untilEnded(agent, endLimitMs);
      await using empty = await startAgent({ args: ["--end-grace", "60"] });
      empty.signal("SIGTERM");
      await untilEnded(empty, endLimitMs);
    },
    testTimeoutMs,
  );
});

/** A receiver of events that fails as often as it is told to. */
async function startReceiver(failures: number): Promise<
  AsyncDisposable & {
    url: string;
    taken: { headers: IncomingMessage["headers"]; body: string }[];
    tries: () => number;
  }
> {
  const taken: { headers: IncomingMessage["headers"]; body: string }[] = [];
  let tries = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      tries += 1;
      const status = tries <= failures ? 503 : 204;
      if (status === 204) taken.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    taken,
    tries: () => tries,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

const eventTypes = [
  "session.started",
  "session.ready",
  "viewer.joined",
  "session.not-ready",
  "session.ready",
  "viewer.left",
  "session.ending",
  "session.ended",
];

test(
  "events tell the life of a session in order, signed by the webhook and as lines of the log",
  async () => {
    await using receiver = await startReceiver(2);
    const log = join(folder, "events.jsonl");
    const secret = "not-for-anybody-else";
    await using agent = await startAgent({
      args: ["--event-log", log, "--idle-after", "1"],
      env: {
        STREAMSPACE_EVENT_WEBHOOK: receiver.url,
        STREAMSPACE_EVENT_WEBHOOK_SECRET: secret,
      },
    });
    const viewer = await openInChromium(chromium.browser, agent.url);
    await viewer.waitForState("connected");
    await viewer.page.keyboard.type("private words");
    expect((await agent.health()).idle).toMatchObject({ since: null });
    await untilNotReady(agent, () => {
      process.kill(processOf(agent, "Xvfb"), "SIGKILL");
    });
    await agent.waitForHealth("its end", (h) => h.status !== "not-ready");
    await viewer.waitForState("connected", 20_000);
    await viewer[Symbol.asyncDispose]();
    await expect
      .poll(() => readFileSync(log, "utf8"), { timeout: 20_000, interval: 50 })
      .toMatch(/viewer\.left.*\n.*session\.idle/);
    const { idle } = await agent.health();
    expect(Date.now() - Date.parse(idle?.since ?? "")).toBeLessThan(20_000);
    expect(idle?.lastInput).not.toBeNull();
    const metrics = await (await fetch(new URL("/metrics", agent.url))).text();
    expect(metrics).toMatch(/^streamspace_idle_seconds [1-9]/m);
    expect(metrics).toMatch(
      /^streamspace_event_failures_total\{receiver="webhook"\} 2$/m,
    );
    agent.signal("SIGTERM");
    await untilEnded(agent, endLimitMs);
    const lines = readFileSync(log, "utf8").trim().split("\n");
    const events = lines.map(
      (line) => JSON.parse(line) as { type: string; sequence: number },
    );
    // A slow start is idle, too, before the first viewer comes.
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type !== "session.idle")).toEqual(eventTypes);
    expect(types.indexOf("session.ending")).toBe(types.length - 2);
    expect(events.map(({ sequence }) => sequence)).toEqual(
      events.map((_event, index) => index + 1),
    );
    expect(lines.join("")).not.toMatch(/private|127\.0\.0\.1/);
    expect(receiver.taken.map(({ body }) => body)).toEqual(lines);
    for (const { headers, body } of receiver.taken) {
      const time = String(headers["x-streamspace-timestamp"]);
      const digest = createHmac("sha256", secret)
        .update(`${time}.${body}`)
        .digest("hex");
      expect(headers["x-streamspace-signature"]).toBe(`sha256=${digest}`);
    }
  },
  testTimeoutMs,
);
