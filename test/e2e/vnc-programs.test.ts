/**
 * The desktop for VNC programs that are no browser: by the port with its password, and for one that stalls.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import { startAgent } from "../fixtures/agent-process.ts";
import { report } from "../fixtures/e2e-report.ts";
import { startTerminalSession } from "../fixtures/e2e-terminal.ts";
import { residentBytes } from "../fixtures/e2e-vnc.ts";
import { rfb } from "../fixtures/rfb-messages.ts";
import { openVncSocket, shakeHands } from "../fixtures/vnc-client.ts";
import { moveContent } from "../fixtures/x11-moving-content.ts";
import { startXvfb } from "../fixtures/x11-xvfb.ts";

const testTimeoutMs = 60_000;

test(
  "a VNC program comes in by the port with its password, and types",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "e2e-vnc-"));
    const file = join(folder, "password");
    writeFileSync(file, "sesame12\n", { mode: 0o600 });
    try {
      await using terminal = await startTerminalSession([
        ...["--vnc-port", "0", "--vnc-password-file", file],
        ...["--vnc-backends", "x11vnc"],
      ]);
      const { agent } = terminal;
      const line = agent
        .lastLines()
        .find((each) => each.includes("VNC listens"));
      const { port, host } = JSON.parse(line ?? "{}") as Record<
        string,
        unknown
      >;
      expect(host).toBe("127.0.0.1");
      const stream = connect(Number(port), "127.0.0.1");
      const screen = await shakeHands(stream, { password: "sesame12" });
      expect(screen).toEqual({ width: 1_280, height: 720 });
      // Letters of other layouts too: the agent types, not the VNC server.
      for (const keysym of [0x68, 0xe9, 0x0100_0436])
        for (const down of [true, false]) stream.write(rfb.key(keysym, down));
      await expect.poll(() => terminal.typed()).toBe("héж");
      expect((await agent.health()).vnc?.servers).toEqual([
        { service: "vnc", state: "running", backend: "x11vnc" },
      ]);
      stream.destroy();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  testTimeoutMs,
);

test(
  "a viewer that stalls costs the agent no more than 8 MiB",
  async () => {
    await using xvfb = await startXvfb({ width: 1_280, height: 720 });
    await using agent = await startAgent({ args: ["--display", xvfb.display] });
    await using content = await moveContent(xvfb.display);
    const settle = async (): Promise<number> => {
      await delay(3_000);
      return residentBytes(agent.pid);
    };
    const client = await openVncSocket(agent.port, agent.token);
    const { width, height } = client.screen;
    client.stream.write(rfb.setEncodings(0));
    client.stream.write(rfb.updateRequest(false, width, height));
    let receivedBytes = 0;
    client.stream.on("data", (chunk: Buffer) => {
      receivedBytes += chunk.length;
      client.stream.write(rfb.updateRequest(true, width, height));
    });
    await poll(() => (receivedBytes > 4 * width * height ? true : undefined), {
      ...{ everyMs: 20, timeoutMs: 10_000, what: "a picture" },
    });
    const flowingBytes = await settle();
    client.socket.pause();
    const drawnBefore = content.drawn;
    await settle();
    const stalledBytes = await settle();
    expect(content.drawn).toBeGreaterThan(drawnBefore + 60);
    const grown = stalledBytes - flowingBytes;
    report("agent's memory grown by a stalled viewer", grown / 1_024, "KiB");
    expect(grown).toBeLessThan(8 * 1_048_576);
    client.socket.terminate();
  },
  testTimeoutMs,
);
