import { randomBytes } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openX11Connection } from "../../../agent/x11/connection.ts";
import { writeXauthority } from "../../../agent/base/xauthority.ts";
import { startXvfb } from "../../fixtures/x11-xvfb.ts";

const testTimeoutMs = 20_000;

test(
  "knows the screen and answers a ping",
  async () => {
    await using xvfb = await startXvfb({ width: 802, height: 602 });
    await using connection = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5000,
    });
    expect(connection.screen).toEqual({ width: 802, height: 602 });
    await connection.ping(1000);
  },
  testTimeoutMs,
);

test(
  "tells each listener once that the server died, and refuses later requests",
  async () => {
    await using xvfb = await startXvfb();
    const connection = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5000,
    });
    let calls = 0;
    const closed = new Promise<void>((resolve) => {
      connection.onClosed(() => {
        calls += 1;
        resolve();
      });
    });
    const unsubscribe = connection.onClosed(() => {
      calls += 100;
    });
    unsubscribe();
    // Requests of every kind are under way when the server dies.
    const pending = connection.keyboard.getMapping();
    pending.catch(() => undefined); // Answered or not, it must end.
    await xvfb.kill();
    await closed;
    await pending.catch((error: unknown) => {
      expect(error).toMatchObject({ code: "closed" });
    });
    await expect(connection.ping(1000)).rejects.toMatchObject({
      code: "display-unreachable",
    });
    connection.windows.map(1);
    await connection.close();
    await connection.close();
    expect(calls).toBe(1);
  },
  testTimeoutMs,
);

test(
  "keeps a protocol error from ending the process",
  async () => {
    await using xvfb = await startXvfb();
    await using connection = await openX11Connection({
      display: xvfb.display,
      timeoutMs: 5000,
    });
    const refused: Error[] = [];
    connection.onProtocolError((error) => refused.push(error));
    connection.windows.map(0xdead);
    await connection.ping(1000);
    expect(refused.map((error) => error.message)).toEqual(["Bad window"]);
  },
  testTimeoutMs,
);

test("says in one sentence that nothing listens on a display", async () => {
  await expect(
    openX11Connection({ display: ":65", timeoutMs: 2000 }),
  ).rejects.toMatchObject({
    code: "display-unreachable",
    message: expect.stringMatching(
      /^the X display :65 cannot be reached: /,
    ) as string,
    mend: expect.any(String) as string,
  });
});

test("gives up on a server that accepts and never answers", async () => {
  const server = createServer(() => undefined);
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
  const display = `127.0.0.1:${port - 6000}`;
  try {
    await expect(
      openX11Connection({ display, timeoutMs: 200 }),
    ).rejects.toMatchObject({ code: "display-unreachable" });
    await expect(
      openX11Connection({
        display,
        timeoutMs: 5000,
        signal: AbortSignal.timeout(50),
      }),
    ).rejects.toMatchObject({ code: "aborted" });
  } finally {
    server.close();
  }
});

test(
  "gets into a server with -auth by the cookie, and not without",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "x11-auth-"));
    try {
      const path = join(directory, "Xauthority");
      // The server chooses its display and reads the file again at each connection, so the record may
      // come after the start; until then this one keeps everybody out.
      const cookie = randomBytes(16);
      await writeXauthority({ path, displayNumber: 0, cookie });
      await using xvfb = await startXvfb({ authPath: path });
      const displayNumber = Number(xvfb.display.slice(1));
      await writeXauthority({ path, displayNumber, cookie });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const before = process.env["XAUTHORITY"];
      await using connection = await openX11Connection({
        display: xvfb.display,
        xauthorityPath: path,
        timeoutMs: 5000,
      });
      await connection.ping(1000);
      expect(process.env["XAUTHORITY"]).toBe(before);

      const wrong = join(directory, "wrong");
      await writeXauthority({
        path: wrong,
        displayNumber,
        cookie: randomBytes(16),
      });
      await expect(
        openX11Connection({
          display: xvfb.display,
          xauthorityPath: wrong,
          timeoutMs: 5000,
        }),
      ).rejects.toMatchObject({ code: "display-unreachable" });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
  testTimeoutMs,
);
