/**
 * A question that a window manager answers itself, so that one which hangs is told from one that has nothing to do: whether
 * a window that it does not manage may have another size. Whoever redirects such wishes (SubstructureRedirect, as every
 * window manager must: ICCCM 4.1.5) has to grant this one, and the server tells of the new size.
 *
 * Rejected: _NET_REQUEST_FRAME_EXTENTS, for which openbox makes up a whole client; that, and looking for the answer, cost
 * as much as all else that an idle session does.
 */
import { withDeadline } from "../base/deadline.ts";
import { eventMasks, type WindowRequests, type X11Event } from "./requests.ts";

/** How one asks a window manager. */
export interface WindowManagerRequests {
  /** Makes the window that is asked about; it is never shown. */
  openQuestion(): WindowManagerQuestion;
}

/** Something to ask again and again. One question at a time. */
export interface WindowManagerQuestion {
  /**
   * Asks, and resolves when the window manager has answered; where there is none the server answers itself.
   * @throws StreamSpaceError `timeout`, `aborted`.
   */
  ask(timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Idempotent. */
  close(): void;
}

const place = { x: -10, y: -10, height: 1 };
/** Widths that take turns, since only a change is told of. An answer that comes late is not taken for the next one. */
const widths = 16;

/** @param options.onEvent subscribes to the connection's events; each open question listens to them. */
export function createWindowManager(options: {
  windows: WindowRequests;
  onEvent: (listener: (event: X11Event) => void) => () => void;
}): WindowManagerRequests {
  const { windows, onEvent } = options;
  return {
    openQuestion() {
      const window = windows.createWindow({
        ...{ ...place, width: 1 },
        eventMask: eventMasks.structureNotify,
      });
      let questions = 0;
      let awaited = { width: 0, answer: (): void => undefined };
      const stopEvents = onEvent((event) => {
        if (event.kind !== "configure" || event.window !== window) return;
        if (event.width === awaited.width) awaited.answer();
      });
      let isOpen = true;
      return {
        async ask(timeoutMs, signal) {
          questions += 1;
          const width = 2 + (questions % widths);
          const { promise, resolve } = Promise.withResolvers<undefined>();
          const answer = (): void => {
            resolve(undefined);
          };
          awaited = { width, answer };
          windows.configure(window, { ...place, width });
          const what = "an answer of the window manager";
          await withDeadline(promise, { timeoutMs, what, signal });
        },
        close() {
          if (!isOpen) return;
          isOpen = false;
          stopEvents();
          windows.destroyWindow(window);
        },
      };
    },
  };
}
