/**
 * A connection to an X server. The only module that imports the `x11` package.
 *
 * The socket is ours, not the package's: so a refused, a hanging and a dying server all end in one place,
 * and none of them as an 'error' event without a listener, which would end the process.
 */
import { createConnection, type Socket } from "node:net";
import {
  createClient,
  type Display,
  type RandrExtension,
  type X11PackageError,
  type XClient,
  type XfixesExtension,
  type XkbExtension,
  type XtestExtension,
} from "x11";
import { withDeadline } from "../base/deadline.ts";
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import { once } from "../base/shutdown.ts";
import { parseDisplay, type DisplayAddress } from "./display-address.ts";
import { createCursor, type CursorRequests } from "./cursor-requests.ts";
import {
  createDesktopSettings,
  type DesktopSettingsRequests,
} from "./desktop-settings-requests.ts";
import { createDrawing } from "./drawing-requests.ts";
import { translateEvent } from "./events.ts";
import { createKeyboard, createXkb, createXtest } from "./input-requests.ts";
import { createRandr, type RandrRequests } from "./randr-requests.ts";
import {
  eventMasks,
  type DrawingRequests,
  type KeyboardRequests,
  type WindowRequests,
  type X11Connection,
  type X11Event,
  type XkbRequests,
  type XtestRequests,
} from "./requests.ts";
import { createSelections } from "./selection-requests.ts";
import type { SelectionRequests } from "./selections.ts";
import {
  createWindowManager,
  type WindowManagerRequests,
} from "./window-manager-requests.ts";
import { createWindows } from "./window-requests.ts";
import { Wire, type Reply } from "./wire.ts";
import { readXauthority } from "../base/xauthority.ts";

export type { X11Connection } from "./requests.ts";
export type {
  FontInfo,
  RandrExtension,
  RandrResources,
  PropertyValue,
  X11PackageEvent,
  XClient,
  XfixesExtension,
  XkbExtension,
  XtestExtension,
} from "x11";

/** How long a server may take to take leave before the socket is cut. */
const closeTimeoutMs = 500;

/** A window that owns something, and is never shown. */
const hiddenWindow = {
  x: -10,
  y: -10,
  width: 1,
  height: 1,
  overrideRedirect: true,
  eventMask: 0,
} as const;

/**
 * Connects to an X server and waits for its setup.
 *
 * @param options.xauthorityPath where the cookie is; without it `$XAUTHORITY` and `~/.Xauthority`.
 * @throws StreamSpaceError `display-unreachable` (also after `timeoutMs`), `aborted`.
 */
export async function openX11Connection(options: {
  display: string;
  xauthorityPath?: string;
  timeoutMs: number;
  signal?: AbortSignal;
}): Promise<X11Connection> {
  const { display, timeoutMs, signal, xauthorityPath } = options;
  const address = parseDisplay(display);
  const authority = await readXauthority({
    displayNumber: address.displayNumber,
    ...(xauthorityPath === undefined ? {} : { path: xauthorityPath }),
  });
  const socket = createConnection(address.endpoint);
  const errors = new Set<(error: X11PackageError) => void>();
  const setup = new Promise<Display>((resolve, reject) => {
    errors.add(reject);
    createClient(
      {
        // The package only reads the numbers from it; the stream is ours.
        display: `:${address.displayNumber}.${address.screenNumber}`,
        stream: socket,
        auth: authority,
        // Requests of one turn of the event loop leave as one write.
        bufferRequests: true,
      },
      (error, result) => {
        if (error) reject(error);
        else resolve(result);
      },
    ).on("error", (error) => {
      for (const listener of [...errors]) listener(error);
    });
  });
  try {
    const server = await withDeadline(setup, {
      timeoutMs,
      what: `the setup of the X display ${display}`,
      ...(signal ? { signal } : {}),
    });
    errors.clear();
    return new Connection({ display, address, server, socket, errors });
  } catch (error) {
    socket.destroy();
    throw unreachable(display, error);
  }
}

function unreachable(display: string, error: unknown): StreamSpaceError {
  if (error instanceof StreamSpaceError && error.code === "aborted")
    return error;
  return new StreamSpaceError(
    "display-unreachable",
    `the X display ${display} cannot be reached: ${messageOf(error).trim()}`,
    {
      cause: error,
      mend: "Check that an X server runs on this display and that its cookie (XAUTHORITY) can be read.",
    },
  );
}

class Connection implements X11Connection {
  readonly display: string;
  readonly root: number;
  readonly keyboard: KeyboardRequests;
  readonly windows: WindowRequests;
  readonly drawing: DrawingRequests;
  readonly settings: DesktopSettingsRequests;
  readonly windowManager: WindowManagerRequests;
  readonly close: () => Promise<void>;
  readonly #wire: Wire;
  readonly #maxRequestBytes: number;
  readonly #closedListeners = new Set<() => void>();
  readonly #eventListeners = new Set<(event: X11Event) => void>();
  readonly #errorListeners: Set<(error: X11PackageError) => void>;
  #screen: { width: number; height: number };

  constructor(parts: {
    display: string;
    address: DisplayAddress;
    server: Display;
    socket: Socket;
    errors: Set<(error: X11PackageError) => void>;
  }) {
    const { server, socket } = parts;
    const screen = server.screen[parts.address.screenNumber];
    if (!screen) {
      throw new Error(`it has no screen ${parts.address.screenNumber}`);
    }
    this.display = parts.display;
    this.root = screen.root;
    this.#screen = { width: screen.pixel_width, height: screen.pixel_height };
    this.#errorListeners = parts.errors;
    this.#maxRequestBytes = server.max_request_length * 4;
    // The package keeps atoms in one table for all connections; a server that was started anew has others.
    server.client.atoms = { ...server.client.atoms };
    this.#wire = new Wire(server.client, () => socket.destroy());
    this.keyboard = createKeyboard(this.#wire, server);
    this.windows = createWindows(this.#wire, this.root);
    this.drawing = createDrawing(this.#wire, screen);
    const { windows } = this;
    const hidden = {
      root: this.root,
      createWindow: () => windows.createWindow(hiddenWindow),
      destroyWindow: (window: number) => {
        windows.destroyWindow(window);
      },
    };
    this.windowManager = createWindowManager({
      windows,
      onEvent: (listener) => this.onEvent(listener),
    });
    this.settings = createDesktopSettings(this.#wire, {
      ...hidden,
      screenNumber: parts.address.screenNumber,
    });
    this.close = once(() => this.#close(server.client, socket));
    server.client.on("event", (event) => {
      const translated = translateEvent(event);
      if (translated) this.#dispatch(translated);
    });
    socket.once("close", () => {
      this.#ended();
    });
    // A server that hangs up without an error leaves a half open socket.
    socket.once("end", () => socket.destroy());
    if (socket.destroyed) this.#ended();
    this.#wire.send((client) => {
      client.ChangeWindowAttributes(this.root, {
        eventMask: eventMasks.structureNotify,
      });
    });
  }

  get screen(): Readonly<{ width: number; height: number }> {
    return this.#screen;
  }

  get closed(): boolean {
    return this.#wire.closed;
  }

  get congested(): boolean {
    return this.#wire.congested;
  }

  async ping(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    try {
      await withDeadline(
        this.#wire.ask<unknown>("GetInputFocus", (client, reply) => {
          client.GetInputFocus(reply);
        }),
        {
          timeoutMs,
          what: `an answer of the X display ${this.display}`,
          ...(signal ? { signal } : {}),
        },
      );
    } catch (error) {
      if (error instanceof StreamSpaceError && error.code === "closed")
        throw unreachable(this.display, error);
      throw error;
    }
  }

  async openXtest(): Promise<XtestRequests> {
    const extension = await this.#extension<XtestExtension>(
      "XTEST",
      (client, reply) => {
        client.require("xtest", reply);
      },
    );
    return createXtest(this.#wire, extension);
  }

  async openXkb(): Promise<XkbRequests> {
    const extension = await this.#extension<XkbExtension>(
      "XKEYBOARD",
      (client, reply) => {
        client.require("xkb", reply);
      },
    );
    return createXkb(this.#wire, extension);
  }

  async openRandr(): Promise<RandrRequests> {
    const extension = await this.#extension<RandrExtension>(
      "RANDR",
      (client, reply) => {
        client.require("randr", reply);
      },
    );
    return createRandr(this.#wire, extension, this.root);
  }

  async openCursor(): Promise<CursorRequests> {
    return createCursor(this.#wire, await this.#xfixes(), this.root);
  }

  async openSelections(): Promise<SelectionRequests> {
    return await createSelections(this.#wire, await this.#xfixes(), {
      windows: this.windows,
      maxRequestBytes: this.#maxRequestBytes,
    });
  }

  async #xfixes(): Promise<XfixesExtension> {
    return await this.#extension<XfixesExtension>("XFIXES", (client, reply) => {
      client.require("fixes", reply);
    });
  }

  onEvent(listener: (event: X11Event) => void): () => void {
    return subscribe(this.#eventListeners, listener);
  }

  onProtocolError(listener: (error: Error) => void): () => void {
    return subscribe(this.#errorListeners, listener);
  }

  onClosed(listener: () => void): () => void {
    if (this.closed) {
      queueMicrotask(listener);
      return () => undefined;
    }
    return subscribe(this.#closedListeners, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #extension<T>(
    name: string,
    request: (client: XClient, reply: Reply<T>) => void,
  ): Promise<T> {
    try {
      return await this.#wire.ask<T>(name, request);
    } catch (error) {
      throw new StreamSpaceError(
        "display-unreachable",
        `the X display ${this.display} has no ${name} extension`,
        { cause: error, mend: `Start the X server with ${name} enabled.` },
      );
    }
  }

  #dispatch(event: X11Event): void {
    if (event.kind === "configure" && event.window === this.root) {
      this.#screen = { width: event.width, height: event.height };
    }
    for (const listener of [...this.#eventListeners]) listener(event);
  }

  #ended(): void {
    if (this.#wire.closed) return;
    this.#wire.close();
    const listeners = [...this.#closedListeners];
    this.#closedListeners.clear();
    this.#eventListeners.clear();
    this.#errorListeners.clear();
    for (const listener of listeners) listener();
  }

  async #close(client: XClient, socket: Socket): Promise<void> {
    if (this.closed) return;
    const gone = new Promise<void>((resolve) => {
      socket.once("close", () => {
        resolve();
      });
    });
    client.terminate(); // Writes what is buffered, then ends our half.
    const cut = setTimeout(() => socket.destroy(), closeTimeoutMs);
    await gone;
    clearTimeout(cut);
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
