/**
 * Starts an image the way it is meant to run, and waits until its session is healthy.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { poll } from "../../agent/base/deadline.ts";
import { messageOf } from "../../agent/base/errors.ts";
import type { SessionWishes } from "./checks-session.ts";
import type { Container, Engine } from "./engine.ts";

const startTimeoutMs = 60_000;

/** What every session of the test is started with. */
export const wishes: SessionWishes = {
  width: 1_280,
  height: 800,
  dpi: 120,
  timezone: "Asia/Tokyo",
};

/** A session that is healthy. */
export interface Started {
  container: Container;
  port: number;
  token: string;
  healthyAfterMs: number;
}

/** Starts the image with the host's network, which works rootless too, and waits until it is healthy. */
export async function startSession(
  plan: {
    image: string;
    engine: Engine;
    /** Of every container: the seccomp profile. */
    flags: readonly string[];
  },
  options: {
    flags: readonly string[];
    env?: Record<string, string>;
    /** In place of the image's application. */
    command?: readonly string[];
  },
): Promise<Started> {
  const port = await freePort();
  const token = randomBytes(18).toString("base64url");
  const startedMs = performance.now();
  const container = await plan.engine.start({
    image: plan.image,
    flags: ["--network=host", ...options.flags, ...plan.flags],
    env: {
      STREAMSPACE_HOST: "127.0.0.1",
      STREAMSPACE_PORT: String(port),
      STREAMSPACE_TOKEN: token,
      DISPLAY_WIDTH: String(wishes.width),
      DISPLAY_HEIGHT: String(wishes.height),
      DISPLAY_DPI: String(wishes.dpi),
      TZ: wishes.timezone,
      ...options.env,
    },
    command: options.command ?? [],
  });
  try {
    await poll(
      async () => {
        const response = await fetch(`http://127.0.0.1:${port}/readyz`, {
          signal: AbortSignal.timeout(1_000),
        }).catch(() => undefined);
        return response?.status === 200 ? true : undefined;
      },
      { everyMs: 20, timeoutMs: startTimeoutMs, what: "the session" },
    );
    return {
      container,
      port,
      token,
      healthyAfterMs: Math.round(performance.now() - startedMs),
    };
  } catch (error) {
    const words = (await container.logs())
      .trim()
      .split("\n")
      .slice(-5)
      .join(" | ");
    await container[Symbol.asyncDispose]();
    throw new Error(`${messageOf(error)}; it said: ${words}`, { cause: error });
  }
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address !== null)
          resolve(address.port);
        else reject(new Error("no port is free"));
      });
    });
  });
}
