/**
 * Finds a VNC server that hangs: it is asked again and again for the first words of RFB.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { OwnedChild } from "../../base/child-process.ts";
import { messageOf } from "../../base/errors.ts";
import { greetServer } from "../../../signaling/vnc/rfb-handshake.ts";
import { connectTo } from "./vnc-backend.ts";

/** How often it is asked, and how long it may take. A hung one is so found within 2.5 s. */
const intervalMs = 1_000;
const answerTimeoutMs = 1_500;

/** Watches `child` until it ends; one that does not answer is ended as stalled. Never rejects. */
export async function watchVnc(
  child: OwnedChild,
  socket: string,
): Promise<void> {
  const ended = new AbortController();
  void child.exited.then(() => {
    ended.abort();
  });
  try {
    for (;;) {
      await delay(intervalMs, undefined, { signal: ended.signal });
      await ask(socket, ended.signal);
    }
  } catch (error) {
    // After its end there is nothing to end; closing it twice is harmless.
    await child.closeAsStalled(messageOf(error));
  }
}

async function ask(socket: string, signal: AbortSignal): Promise<void> {
  const connection = await connectTo(socket, signal);
  try {
    // To the end of security: TigerVNC bars clients that break off before.
    await greetServer(connection, { timeoutMs: answerTimeoutMs, signal });
  } finally {
    connection.destroy();
  }
}
