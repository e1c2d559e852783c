/**
 * Clients that come while the session's VNC server does not start, or dies: a real one, behind a program that fails as
 * often as it is told to.
 */
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { findProgram } from "../../../agent/base/programs.ts";
import { SessionVnc } from "../../../agent/composition/session-vnc.ts";
import { attachDisplay } from "../../../agent/session/display.ts";
import type { RunningDisplay } from "../../../agent/session/display.ts";
import { sessionPaths } from "../../../agent/session/session-directory.ts";
import { Supervisor } from "../../../agent/supervisor/supervisor.ts";
import { load } from "../../fakes/config.ts";
import { silentLog } from "../../fakes/logs.ts";
import { willingService } from "../../fakes/service-specs.ts";
import { shakeHands } from "../../fixtures/vnc-client.ts";
import { gone } from "../base/process-state.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const { signal } = new AbortController();
const anyRole = () => true;

let folder: string;
let spawner: ChildSpawner;
let xvfb: TestXvfb;
let display: RunningDisplay;
let supervisor: Supervisor;
let vnc: SessionVnc;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-vnc-"));
  spawner = new ChildSpawner();
  xvfb = await startXvfb({ width: 800, height: 600 });
  display = await attachDisplay(xvfb.display, {
    ...{ signal, generation: 1, log: silentLog },
  });
  vnc = new SessionVnc({
    config: load({ flags: { vncBackends: "tigervnc" } }).config,
    ...{ paths: sessionPaths(folder), spawner, requires: "display" },
    display: () => display,
    env: () => ({ ...process.env, DISPLAY: xvfb.display }),
  });
  supervisor = new Supervisor({
    services: [willingService("display", []).spec, ...vnc.specs],
    ...{ clock: systemClock, log: silentLog },
  });
  vnc.bind((name) => supervisor.service(name));
  supervisor.start();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await supervisor.close();
  await display.close();
  await xvfb.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Has the server end at once in its first `failures` starts. @returns how often it was started. */
function installFailing(failures: number): () => number {
  const real = findProgram("X0tigervnc") ?? expect.fail("not installed");
  const starts = join(folder, "starts");
  writeFileSync(starts, "");
  const program = join(folder, "X0tigervnc");
  writeFileSync(
    program,
    `#!/bin/sh
case "$*" in *--help*) exec ${real} --help ;; esac
echo >>${starts}
if [ "$(wc -l <${starts})" -le ${failures} ]; then echo "not now" >&2; exit 1; fi
exec ${real} "$@"
`,
  );
  chmodSync(program, 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"] ?? ""}`);
  return () => readFileSync(starts, "utf8").length;
}

test("a client waits while the server is started again", async () => {
  const starts = installFailing(3);
  const client = await vnc.connect("rfb", signal);
  expect(await shakeHands(client.stream)).toEqual({ width: 800, height: 600 });
  expect(client.backend).toBe("tigervnc");
  expect(starts()).toBe(4);
  client.stream.destroy();
  client.release();
});

test("a client that comes just when the server dies gets the next", async () => {
  const first = await vnc.connect("rfb", signal);
  const [server] = [...spawner.children];
  const pid = server?.pid ?? expect.fail("no server");
  process.kill(pid, "SIGKILL");
  await gone(pid);
  const second = await vnc.connect("rfb", signal);
  expect(await shakeHands(second.stream)).toEqual({ width: 800, height: 600 });
  for (const client of [first, second]) {
    client.stream.destroy();
    client.release();
  }
});

test("a server that always fails is given up long before the deadline, and is offered to whoever comes later", async () => {
  const starts = installFailing(1_000);
  await expect(vnc.connect("rfb", signal)).rejects.toMatchObject({
    code: "vnc-unavailable",
    message: expect.stringContaining("not now") as string,
  });
  expect(starts()).toBe(5);
  expect(vnc.preferred(anyRole)).toBe("tigervnc");
}, 15_000);

test("a server that is not installed is not waited for", async () => {
  vi.stubEnv("PATH", folder);
  const startMs = performance.now();
  await expect(vnc.connect("rfb", signal)).rejects.toMatchObject({
    code: "vnc-unavailable",
    message: expect.stringContaining("not installed") as string,
  });
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect(vnc.preferred(anyRole)).toBeUndefined();
});
