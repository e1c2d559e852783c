/**
 * A question that a window manager answers itself, so that one which hangs is told from one that has nothing to do:
 * _NET_REQUEST_FRAME_EXTENTS (Extended Window Manager Hints 1.5). The answer is a property of the window asked about.
 */
import { poll } from "../base/deadline.ts";
import type { Wire } from "./wire.ts";

/** How one asks a window manager. */
export interface WindowManagerRequests {
  /** Makes the window that is asked about; it is never shown. Rejects where the server refuses. */
  openQuestion(): Promise<WindowManagerQuestion>;
}

/** Something to ask again and again. One question at a time. */
export interface WindowManagerQuestion {
  /**
   * Asks, and resolves when the window manager has answered.
   * @throws StreamSpaceError `timeout`, `aborted`, `closed`.
   */
  ask(timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Idempotent. */
  close(): void;
}

const clientMessageBytes = 32;
const clientMessage = 33;
/** SubstructureRedirect and SubstructureNotify: what window managers listen to. */
const managerMask = 0x18_0000;
/** Left, right, top, bottom. */
const extentWords = 4;
/** openbox answers within a millisecond. */
const lookEveryMs = 40;

export function createWindowManager(
  wire: Wire,
  options: {
    root: number;
    createWindow: () => number;
    destroyWindow: (window: number) => void;
  },
): WindowManagerRequests {
  const internAtom = (name: string): Promise<number> =>
    wire.ask<number>(`InternAtom ${name}`, (client, done) => {
      client.InternAtom(false, name, done);
    });
  return {
    async openQuestion() {
      const [request, extents] = await Promise.all([
        internAtom("_NET_REQUEST_FRAME_EXTENTS"),
        internAtom("_NET_FRAME_EXTENTS"),
      ]);
      const window = options.createWindow();
      let isOpen = true;
      const takeAnswer = async (): Promise<true | undefined> => {
        const { data } = await wire.ask<{ data: Buffer }>(
          "GetProperty _NET_FRAME_EXTENTS",
          (client, done) => {
            // With "delete", so that the next answer is a new one.
            client.GetProperty(1, window, extents, 0, 0, extentWords, done);
          },
        );
        return data.length > 0 ? true : undefined;
      };
      return {
        async ask(timeoutMs, signal) {
          wire.send((client) => {
            client.SendEvent(
              options.root,
              0,
              managerMask,
              extentsRequest(window, request),
            );
          });
          await poll(takeAnswer, {
            everyMs: lookEveryMs,
            timeoutMs,
            what: "an answer of the window manager",
            signal,
          });
        },
        close() {
          if (isOpen) options.destroyWindow(window);
          isOpen = false;
        },
      };
    },
  };
}

function extentsRequest(window: number, request: number): Buffer {
  const event = Buffer.alloc(clientMessageBytes);
  event[0] = clientMessage;
  event[1] = 32; // Bits of each of the words, which are all 0.
  event.writeUInt32LE(window, 4);
  event.writeUInt32LE(request, 8);
  return event;
}
