/**
 * The desktop by VNC, in an element: noVNC behind the agent's first message. The page at `/vnc/` is built on it, and the
 * main page loads it where WebRTC does not get through.
 *
 *     const { VncView } = await import("./vnc/vnc-view.ts");
 *     const view = new VncView({ parent, url: location.href, token, mode: "scale", listener });
 */
import RFB from "novnc-rfb";
import * as v from "valibot";
import { closeCodes } from "../../../signaling/protocol.ts";
import {
  vncCloseCodes,
  vncSubprotocol,
  vncWelcome,
  type VncWelcome,
} from "../../../signaling/protocol/vnc.ts";
import { releaseModifiers, wantsOut } from "./leave-keys.ts";

/** `follow`: the remote screen takes the size of the element, where the session lets it; `scale`; `actual`: 1:1. */
export const vncModes = ["follow", "scale", "actual"] as const;
export type VncMode = (typeof vncModes)[number];

/** Why a view ended: the agent's word, or the network. */
export type VncLossReason =
  keyof typeof closeCodes | keyof typeof vncCloseCodes | "network";

export interface VncLoss {
  readonly reason: VncLossReason;
  /** Whether coming back makes sense without the user. */
  readonly retry: boolean;
}

/** What is told of a view. Nothing comes after `onLost`, or after {@link VncView.close}. */
export interface VncViewListener {
  /** The agent let this page in; RFB begins. */
  onConnected?(welcome: VncWelcome): void;
  /** The desktop can be seen. */
  onFirstFrame?(): void;
  onLost?(loss: VncLoss): void;
  /** Control, Alt, Shift and M: the way out for those without a pointer. */
  onLeave?(): void;
}

export interface VncViewOptions {
  parent: HTMLElement;
  /** Address of the agent's main page, below a proxy's path where there is one. */
  url: string;
  token: string;
  mode?: VncMode;
  /** Looks only, whatever the token allows. */
  viewOnly?: boolean;
  listener?: VncViewListener;
}

/** How often the picture is looked for until it is there. */
const firstFrameIntervalMs = 30;
/** The agent starts a VNC server for this view, which may take several tries. */
const welcomeTimeoutMs = 20_000;
/** noVNC's 0…9; its default of 6 shows artefacts around text. */
const qualityLevel = 8;

/** The address of the VNC WebSocket that belongs to the page at `pageUrl`. Pure. */
export function vncSocketUrl(pageUrl: string): string {
  const url = new URL("websockify", pageUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";
  url.hash = "";
  return url.href;
}

/** What a close code means. Pure. */
export function lossOf(code: number): VncLoss {
  const known = { ...closeCodes, ...vncCloseCodes };
  for (const reason of Object.keys(known) as (keyof typeof known)[]) {
    const entry = known[reason];
    if (entry.code === code) return { reason, retry: entry.retry };
  }
  return { reason: "network", retry: true };
}

/** See the module's description. Connects at once, and once: a lost view is replaced by another. */
export class VncView {
  readonly #options: VncViewOptions;
  readonly #listener: VncViewListener;
  readonly #socket: WebSocket;
  readonly #ending = new AbortController();
  #rfb: RFB | undefined;
  #mode: VncMode;
  #viewOnly: boolean;
  #role: VncWelcome["role"] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: VncViewOptions) {
    this.#options = options;
    this.#listener = options.listener ?? {};
    this.#mode = options.mode ?? "scale";
    this.#viewOnly = options.viewOnly ?? false;
    this.#socket = new WebSocket(vncSocketUrl(options.url), [vncSubprotocol]);
    this.#socket.binaryType = "arraybuffer";
    this.#listen();
  }

  /** What the agent allows; `undefined` before it said so. */
  get role(): VncWelcome["role"] | undefined {
    return this.#role;
  }

  get mode(): VncMode {
    return this.#mode;
  }

  /** Has the desktop's size in CSS pixels; `undefined` before there is one. */
  get canvas(): HTMLCanvasElement | undefined {
    return this.#options.parent.querySelector("canvas") ?? undefined;
  }

  setMode(mode: VncMode): void {
    this.#mode = mode;
    this.#apply();
  }

  setViewOnly(viewOnly: boolean): void {
    this.#viewOnly = viewOnly;
    this.#apply();
  }

  /** Gives the keyboard to the session. */
  focus(): void {
    this.#rfb?.focus();
  }

  /** Puts text onto the session's clipboard, as far as VNC can: ISO 8859-1. */
  sendText(text: string): void {
    this.#rfb?.clipboardPasteFrom(text);
  }

  sendCtrlAltDel(): void {
    this.#rfb?.sendCtrlAltDel();
  }

  /** Ends the view; idempotent. */
  close(): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    clearTimeout(this.#timer);
    this.#rfb?.disconnect();
    this.#socket.close();
  }

  #listen(): void {
    const { signal } = this.#ending;
    const socket = this.#socket;
    socket.addEventListener(
      "open",
      () => {
        const { token } = this.#options;
        socket.send(JSON.stringify({ type: "vnc-hello", token }));
      },
      { signal },
    );
    const onMessage = ({ data }: MessageEvent<unknown>): void => {
      socket.removeEventListener("message", onMessage);
      this.#onWelcome(data);
    };
    socket.addEventListener("message", onMessage, { signal });
    socket.addEventListener(
      "close",
      ({ code }) => {
        this.#lose(lossOf(code));
      },
      { signal },
    );
    this.#timer = setTimeout(() => {
      this.#lose({ reason: "timeout", retry: true });
    }, welcomeTimeoutMs);
  }

  #onWelcome(data: unknown): void {
    clearTimeout(this.#timer);
    const welcome = v.safeParse(vncWelcome, parsed(data));
    if (!welcome.success) {
      this.#lose({ reason: "badMessage", retry: false });
      return;
    }
    this.#role = welcome.output.role;
    // From here on the socket is noVNC's, which has no first message that could be lost: the server's is still to come.
    const rfb = new RFB(this.#options.parent, this.#socket, { shared: true });
    this.#rfb = rfb;
    rfb.background = "transparent";
    rfb.qualityLevel = qualityLevel;
    rfb.showDotCursor = true;
    this.#apply();
    rfb.addEventListener("connect", () => {
      this.#lookForPicture();
    });
    // Also where noVNC gives up by itself: what it got was no RFB that it knows.
    rfb.addEventListener("disconnect", () => {
      this.#lose({ reason: "network", retry: true });
    });
    this.#options.parent.addEventListener("keydown", this.#onKey, {
      signal: this.#ending.signal,
      capture: true,
    });
    this.#listener.onConnected?.(welcome.output);
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (!wantsOut(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.#rfb !== undefined) releaseModifiers(this.#rfb);
    this.#rfb?.blur();
    this.#listener.onLeave?.();
  };

  #apply(): void {
    if (this.#rfb === undefined) return;
    this.#rfb.viewOnly = this.#viewOnly || this.#role === "viewer";
    this.#rfb.scaleViewport = this.#mode !== "actual";
    this.#rfb.resizeSession = this.#mode === "follow";
  }

  /** noVNC does not tell; its canvas is transparent until something was drawn. */
  #lookForPicture(): void {
    if (this.#ending.signal.aborted) return;
    const { canvas } = this;
    const isDrawn =
      canvas !== undefined &&
      canvas.width > 0 &&
      (canvas
        .getContext("2d")
        ?.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3] ??
        0) > 0;
    if (isDrawn) this.#listener.onFirstFrame?.();
    else
      this.#timer = setTimeout(() => {
        this.#lookForPicture();
      }, firstFrameIntervalMs);
  }

  /** The first word counts: the socket's own listener hears its code before noVNC hears of its end. */
  #lose(loss: VncLoss): void {
    if (this.#ending.signal.aborted) return;
    this.close();
    this.#listener.onLost?.(loss);
  }
}

function parsed(data: unknown): unknown {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return undefined; // The schema refuses it.
  }
}
