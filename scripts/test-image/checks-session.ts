/**
 * What is checked of a running session from inside its container.
 */
import { poll } from "../../agent/base/deadline.ts";
import type { SmokeTest } from "./definition.ts";
import type { Container } from "./engine.ts";
import {
  listProcesses,
  listWindows,
  sessionEnvironment,
  type SeenWindow,
} from "./inside.ts";

const windowTimeoutMs = 60_000;

/** What a session was started with. */
export interface SessionWishes {
  width: number;
  height: number;
  dpi: number;
  timezone: string;
}

/** A started session under test. */
export interface TestedSession {
  container: Container;
  port: number;
  token: string;
  wishes: SessionWishes;
  smoke: SmokeTest;
}

/** A check that throws where the session does not meet it; returns a note worth reading, or why it does not apply. */
export interface SessionCheck {
  name: string;
  run(
    session: TestedSession,
  ): Promise<string | { notApplicable: string } | undefined>;
}

/** All of them, in the order in which they run. */
export const sessionChecks: readonly SessionCheck[] = [
  {
    name: "user 1000, no capabilities, no new privileges, seccomp on",
    run: checkConfinement,
  },
  { name: "the root file system is read-only", run: checkReadOnly },
  {
    name: "healthy by curl -f / and by the built-in command, inside and outside",
    run: checkHealth,
  },
  {
    name: "DISPLAY_DPI reaches the X server, TZ the programs",
    run: checkWishes,
  },
  { name: "the application's window is there", run: checkWindow },
  { name: "the application's own sandbox is on", run: checkSandbox },
];

async function checkConfinement({
  container,
}: TestedSession): Promise<undefined> {
  const processes = await listProcesses(container);
  for (const { command, status } of processes) {
    const wrong = [
      /^1000\s/.test(status["Uid"] ?? "") ? "" : `user ${status["Uid"] ?? "?"}`,
      // The bounding set is empty too: nothing can come back by a file with capabilities. A process in
      // a user namespace of its own (a browser's sandbox) has all of them there, and none outside.
      isInOwnNamespace(status) || /^0+$/.test(status["CapBnd"] ?? "")
        ? ""
        : `capabilities ${status["CapBnd"] ?? "?"}`,
      status["NoNewPrivs"] === "1" ? "" : "new privileges possible",
      status["Seccomp"] === "2" ? "" : "no seccomp filter",
    ].filter((text) => text !== "");
    if (wrong.length > 0)
      throw new Error(`${command.slice(0, 60)}: ${wrong.join(", ")}`);
  }
  return undefined;
}

function isInOwnNamespace(status: Readonly<Record<string, string>>): boolean {
  return (status["NSpid"] ?? "").split(/\s+/).length > 1;
}

async function checkReadOnly({ container }: TestedSession): Promise<undefined> {
  const { exitCode, stderr } = await container.exec(["touch", "/opt/written"]);
  if (exitCode === 0 || !stderr.includes("Read-only"))
    throw new Error(`touch /opt/written: ${stderr.trim() || "it worked"}`);
  await container.shell("touch /tmp/written && touch ~/written");
  return undefined;
}

async function checkHealth({
  container,
  port,
}: TestedSession): Promise<undefined> {
  const { status } = await fetch(`http://127.0.0.1:${port}/`);
  if (status !== 200) throw new Error(`/ answers ${status}`);
  await container.shell(
    `curl -fsS -o /dev/null http://127.0.0.1:${port}/ && streamspace-agent healthcheck`,
  );
  return undefined;
}

async function checkWishes({
  container,
  wishes,
}: TestedSession): Promise<string> {
  const processes = await listProcesses(container);
  const server = processes.find(({ command }) => /^\S*Xvfb /.test(command));
  if (!server?.command.includes(`-dpi ${wishes.dpi}`))
    throw new Error(`Xvfb runs as "${server?.command ?? "nothing"}"`);
  const { TZ } = await sessionEnvironment(container);
  if (TZ !== wishes.timezone) throw new Error(`TZ is ${TZ ?? "not set"}`);
  const zone = await container.shell(`TZ='${wishes.timezone}' date +%Z`);
  if (/^(UTC|GMT)$/.test(zone))
    throw new Error(`the zone ${wishes.timezone} is unknown in the image`);
  return `${wishes.dpi} dpi, ${zone}`;
}

async function checkWindow(session: TestedSession): Promise<string> {
  const { smoke, wishes } = session;
  const { window } = smoke;
  const found = await waitForWindow(
    session.container,
    ({ className, title, width, height }) =>
      new RegExp(window.class).test(className) &&
      (window.title === undefined || new RegExp(window.title).test(title)) &&
      (!window.fillsScreen ||
        (width === wishes.width && height === wishes.height)),
    `window of class ${window.class}${window.fillsScreen ? ` that takes the whole screen` : ""}`,
  );
  return `${found.className}, "${found.title}", ${found.width}×${found.height}`;
}

/** Waits until a mapped window meets `accept`. @throws Error with the windows that are there. */
export async function waitForWindow(
  container: Container,
  accept: (window: SeenWindow) => boolean,
  what: string,
  timeoutMs: number = windowTimeoutMs,
): Promise<SeenWindow> {
  let last: SeenWindow[] = [];
  try {
    return await poll(
      async () => {
        last = await listWindows(
          container,
          await sessionEnvironment(container),
        );
        return last.find(accept);
      },
      { everyMs: 300, timeoutMs, what },
    );
  } catch (error) {
    const there = last.map(
      ({ className, title, width, height }) =>
        `${className} "${title}" ${width}×${height}`,
    );
    throw new Error(
      `no ${what} within ${timeoutMs / 1000} s; there are: ${there.join(", ") || "none"}`,
      { cause: error },
    );
  }
}

/**
 * Chromium's renderers live in a user and process namespace of their own, with a seccomp filter more than the
 * container's. Firefox's content processes have the filter, and the namespace only where the container allows it.
 */
async function checkSandbox({
  container,
  smoke,
}: TestedSession): Promise<string | { notApplicable: string }> {
  if (smoke.sandbox === undefined)
    return { notApplicable: "the application has none" };
  const isChromium = smoke.sandbox === "chromium";
  const isPage = isChromium ? /--type=renderer/ : /-contentproc .*\btab\b/;
  let processes = await listProcesses(container);
  // The window may be there before the first page is.
  const confined = await poll(
    async () => {
      processes = await listProcesses(container);
      const pages = processes.filter(({ command }) => isPage.test(command));
      return pages.length > 0 ? pages : undefined;
    },
    {
      everyMs: 300,
      timeoutMs: windowTimeoutMs,
      what: "a process that shows a page",
    },
  );
  const off = processes.find(({ command }) =>
    /--no-sandbox|--disable-(setuid|seccomp|namespace)[\w-]*sandbox/.test(
      command,
    ),
  );
  if (off !== undefined)
    throw new Error(`it runs as ${off.command.slice(0, 80)}`);
  const outer = Number(
    processes.find(({ pid }) => pid === 1)?.status["Seccomp_filters"] ?? "1",
  );
  for (const { command, status } of confined) {
    if (Number(status["Seccomp_filters"] ?? "0") <= outer)
      throw new Error(`no seccomp filter of its own: ${command.slice(0, 60)}`);
    if (isChromium && !isInOwnNamespace(status))
      throw new Error(`no namespace of its own: ${command.slice(0, 60)}`);
  }
  return `${confined.length} processes in the sandbox`;
}
