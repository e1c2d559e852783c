import { duplexPair, type Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StreamSpaceError } from "../../../../agent/base/errors.ts";
import { greetedServer } from "../../../../signaling/vnc/greeted-server.ts";
import type { VncConnection } from "../../../../signaling/vnc/vnc-host.ts";

const bounds = { timeoutMs: 60_000 };

interface Server {
  connection: VncConnection;
  theirs: Duplex;
  release: ReturnType<typeof vi.fn>;
}

function server(): Server {
  const [ours, theirs] = duplexPair();
  const release = vi.fn();
  return {
    connection: { backend: "tigervnc", stream: ours, release },
    theirs,
    release,
  };
}

/** Fails as the session does when nobody waits any more. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(new StreamSpaceError("aborted", "nobody waits"));
    });
  });
}

describe("a VNC server for a client", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is the one after those that die before they answer", async () => {
    const [first, second, third] = [server(), server(), server()];
    first.theirs.end();
    second.theirs.end();
    third.theirs.write("RFB 003.003\n");
    third.theirs.write(Buffer.from([0, 0, 0, 1]));
    const connect = vi
      .fn<() => Promise<VncConnection>>()
      .mockResolvedValueOnce(first.connection)
      .mockResolvedValueOnce(second.connection)
      .mockResolvedValue(third.connection);
    expect(await greetedServer(connect, bounds)).toBe(third.connection);
    expect(first.release).toHaveBeenCalledOnce();
    expect(second.release).toHaveBeenCalledOnce();
    expect(third.release).not.toHaveBeenCalled();
  });

  it("is given up after three that died", async () => {
    const connect = vi.fn(() => {
      const { connection, theirs } = server();
      theirs.end();
      return Promise.resolve(connection);
    });
    await expect(greetedServer(connect, bounds)).rejects.toMatchObject({
      code: "closed",
    });
    expect(connect).toHaveBeenCalledTimes(3);
  });

  it("is waited for 15 s, not 15 s for each that dies", async () => {
    const first = server();
    let count = 0;
    const connect = vi.fn(async (signal: AbortSignal) => {
      count += 1;
      if (count > 1) return aborted(signal);
      return Promise.resolve(first.connection);
    });
    const outcome = expect(
      greetedServer(connect, bounds),
    ).rejects.toMatchObject({
      code: "vnc-unavailable",
      message: "no VNC server that stays came within 15 s",
    });
    await vi.advanceTimersByTimeAsync(9_000);
    first.theirs.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(connect).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(6_000);
    await outcome;
  });

  it("is not looked for again when it speaks another protocol", async () => {
    const { connection, theirs, release } = server();
    theirs.write("SSH-2.0-OpenSSH\n");
    const connect = vi.fn(() => Promise.resolve(connection));
    await expect(greetedServer(connect, bounds)).rejects.toMatchObject({
      code: "bad-message",
    });
    expect(connect).toHaveBeenCalledOnce();
    expect(release).toHaveBeenCalledOnce();
  });
});
