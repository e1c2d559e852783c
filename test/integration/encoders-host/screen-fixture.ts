/**
 * What a host looks at: a screen that is drawn on, and one that is grabbed.
 */
import type { X11Connection } from "../../../agent/x11/connection.ts";
import { XDisplay } from "../../../encoders/host/x-display.ts";
import {
  grabServer,
  request,
  ungrabServer,
} from "../../../encoders/host/x-requests.ts";
import { openScreenWindow } from "../../fixtures/x11-screen-window.ts";

/** A window over the whole screen, and a way to fill a part of it. */
export async function openCanvas(display: string): Promise<
  AsyncDisposable & {
    x11: X11Connection;
    fill(colour: number, side: number, at?: number): void;
  }
> {
  const { x11, window } = await openScreenWindow(display);
  return {
    x11,
    fill: (foreground, side, at = 0) => {
      const gc = x11.drawing.createGc({ foreground });
      x11.drawing.fillRectangles(window, gc, [
        { x: at, y: at, width: side, height: side },
      ]);
    },
    [Symbol.asyncDispose]: () => x11.close(),
  };
}

/** `ClearArea` of the X11 protocol. */
const clearArea = 61;

/** Makes the X server deaf to all other clients, and draws meanwhile, so that there is something to grab. */
export async function grabAndDraw(
  display: string,
): Promise<Disposable & { ungrab(): void }> {
  const grabber = await XDisplay.open(display, {
    onEvent: () => undefined,
    onReadEnd: () => undefined,
    onClosed: () => undefined,
  });
  grabber.send(grabServer());
  // The whole root, since width and height are 0.
  grabber.send(request(clearArea, 0, grabber.root, 0, 0));
  return {
    ungrab: () => {
      grabber.send(ungrabServer());
    },
    [Symbol.dispose]: () => {
      grabber.close();
    },
  };
}
