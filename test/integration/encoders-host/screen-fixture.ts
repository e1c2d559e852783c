/**
 * What a host looks at: a screen that is drawn on, and one that is grabbed.
 */
import {
  openX11Connection,
  type X11Connection,
} from "../../../agent/x11/connection.ts";
import { XDisplay } from "../../../encoders/host/x-display.ts";
import {
  grabServer,
  request,
  ungrabServer,
} from "../../../encoders/host/x-requests.ts";

/** A window over the whole screen, and a way to fill a part of it. */
export async function openCanvas(display: string): Promise<
  AsyncDisposable & {
    x11: X11Connection;
    fill(colour: number, side: number, at?: number): void;
  }
> {
  const x11 = await openX11Connection({ display, timeoutMs: 5_000 });
  const window = x11.windows.createWindow({
    x: 0,
    y: 0,
    ...x11.screen,
    overrideRedirect: true,
    eventMask: 0,
  });
  x11.windows.map(window);
  await x11.ping(5_000);
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
