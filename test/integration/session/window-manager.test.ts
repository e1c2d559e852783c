/**
 * A real openbox under its watch: one that hangs is ended, one that is busy is not.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { settlesWithin } from "../../../agent/base/deadline.ts";
import { startWindowManager } from "../../../agent/session/window-manager.ts";
import {
  openX11Connection,
  type X11Connection,
} from "../../../agent/x11/connection.ts";
import { silentLog } from "../../fakes/logs.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

let folder: string;
let xvfb: TestXvfb;
let connection: X11Connection;
let spawner: ChildSpawner;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "window-manager-"));
  xvfb = await startXvfb();
  connection = await openX11Connection({
    display: xvfb.display,
    timeoutMs: 5_000,
  });
  spawner = new ChildSpawner();
});
afterEach(async () => {
  await Promise.all([...spawner.children].map((child) => child.close()));
  await connection.close();
  await xvfb[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function start() {
  const instance = await startWindowManager(
    {
      ...{ program: "openbox", folder, spawner, connection },
      env: { ...process.env, HOME: folder, DISPLAY: xvfb.display },
    },
    { signal: new AbortController().signal, generation: 1, log: silentLog },
  );
  const [child] = spawner.children;
  if (child === undefined) throw new Error("openbox is not among the children");
  return { instance, pid: child.pid };
}

/** Changes the map so often that an openbox which follows each change is deaf for about four seconds. */
function changeMap(): void {
  for (let change = 0; change < 100; change += 1)
    connection.keyboard.setRows(250, [[0x1000440 + change]]);
}

const busyMs = 4_500;

test("one that binds its keys anew, and does not answer meanwhile, is left alone", async () => {
  mkdirSync(join(folder, ".config", "openbox"), { recursive: true });
  writeFileSync(
    join(folder, ".config", "openbox", "rc.xml"),
    `<openbox_config xmlns="http://openbox.org/3.4/rc"><keyboard>
      <keybind key="A-F4"><action name="Close"/></keybind>
    </keyboard></openbox_config>`,
  );
  const { instance } = await start();
  const question = connection.windowManager.openQuestion();
  // It is known to answer before it is kept busy.
  await question.ask(5_000, new AbortController().signal);
  changeMap();
  await expect(
    question.ask(1_250, new AbortController().signal),
  ).rejects.toMatchObject({ code: "timeout" });
  expect(await settlesWithin(instance.exited, busyMs)).toBe(false);
});

test("with the machine's configuration it answers at once while the map changes", async () => {
  await start();
  const question = connection.windowManager.openQuestion();
  await question.ask(5_000, new AbortController().signal);
  changeMap();
  await question.ask(1_000, new AbortController().signal);
});

test("one that is stopped is ended", async () => {
  const { instance, pid } = await start();
  const question = connection.windowManager.openQuestion();
  await question.ask(5_000, new AbortController().signal);
  // Its watch has had an answer by now, too.
  expect(await settlesWithin(instance.exited, 1_500)).toBe(false);
  process.kill(pid, "SIGSTOP");
  await expect(instance.exited).resolves.toMatchObject({ kind: "stalled" });
});
