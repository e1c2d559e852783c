/**
 * The cursor of a real X server, as programs change it.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { poll } from "../../../agent/base/deadline.ts";
import { DesktopCursor } from "../../../agent/session/desktop-cursor.ts";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import type { X11Connection } from "../../../agent/x11/requests.ts";
import { silentLog } from "../../fakes/logs.ts";
import { startX11Client } from "../../fixtures/x11-client-process.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

let xvfb: TestXvfb;
let connection: X11Connection;
let cursor: DesktopCursor;

beforeEach(async () => {
  xvfb = await startXvfb();
  connection = await openX11Connection({
    display: xvfb.display,
    timeoutMs: 5_000,
  });
  cursor = new DesktopCursor(silentLog);
});
afterEach(async () => {
  cursor.detach();
  await connection.close();
  await xvfb.stop();
});

async function until(what: string, isSo: () => boolean): Promise<void> {
  await poll(() => (isSo() ? true : undefined), {
    everyMs: 5,
    timeoutMs: 3_000,
    what,
  });
}

test("is told when it changes, and known without asking when it comes back", async () => {
  await cursor.attach(connection);
  await until("the first cursor", () => cursor.current() !== undefined);
  const first = cursor.current();
  let changes = 0;
  const stop = cursor.onChange(() => {
    changes += 1;
  });
  {
    await using client = new AsyncDisposableStack();
    client.use(
      await startX11Client("x11-cursor", {
        display: xvfb.display,
        args: ["--hot", "4,2"],
      }),
    );
    await until(
      "the program's cursor",
      () => cursor.current()?.image.hotX === 4,
    );
    expect(cursor.current()?.image).toMatchObject({
      width: 24,
      height: 20,
      hotY: 2,
    });
  }
  await until("the first one again", () => cursor.current() === first);
  expect(changes).toBe(2);
  stop();
});

test("is null while it is empty, and unknown without a display", async () => {
  expect(cursor.current()).toBeUndefined();
  await cursor.attach(connection);
  await using client = new AsyncDisposableStack();
  client.use(
    await startX11Client("x11-cursor", {
      display: xvfb.display,
      args: ["--kind", "empty"],
    }),
  );
  await until("nothing to be seen", () => cursor.current() === null);
  cursor.detach();
  cursor.detach();
  expect(cursor.current()).toBeUndefined();
});

test("stays unknown where the server has no XFIXES", async () => {
  await using poor = await startXvfb({ without: ["XFIXES"] });
  await using plain = await openX11Connection({
    display: poor.display,
    timeoutMs: 5_000,
  });
  await cursor.attach(plain);
  expect(cursor.current()).toBeUndefined();
});
