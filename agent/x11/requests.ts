/**
 * What the agent asks of an X server, as narrow typed interfaces; `connection.ts` implements them.
 *
 * Requests without a reply return at once. After the connection closed they do nothing; requests with a
 * reply then reject with `closed`. Names and numbers are those of the X11 protocol.
 */

import type { Closable } from "../base/shutdown.ts";
import type { CursorRequests } from "./cursor-requests.ts";
import type { DesktopSettingsRequests } from "./desktop-settings-requests.ts";
import type { RandrRequests } from "./randr-requests.ts";
import type { SelectionEvent, SelectionRequests } from "./selections.ts";
import type { WindowManagerRequests } from "./window-manager-requests.ts";
import type { XkbMap } from "./xkb-map.ts";

/** Bits of an event mask (X11 protocol, "SETofEVENT"). */
export const eventMasks = {
  keyPress: 0x1,
  keyRelease: 0x2,
  buttonPress: 0x4,
  buttonRelease: 0x8,
  pointerMotion: 0x40,
  exposure: 0x8000,
  structureNotify: 0x2_0000,
  focusChange: 0x20_0000,
  propertyChange: 0x40_0000,
} as const;

/** Key, button and pointer events; `detail` is the keycode or button, 0 for motion. */
export interface InputEvent {
  kind:
    "key-press" | "key-release" | "button-press" | "button-release" | "motion";
  window: number;
  detail: number;
  /** Modifiers and buttons held before this event (SETofKEYBUTMASK); bits 13–14 are the XKB group. */
  state: number;
  rootX: number;
  rootY: number;
  x: number;
  y: number;
}

/** Events that this project reads; all others are dropped. */
export type X11Event =
  | InputEvent
  | { kind: "expose"; window: number; count: number }
  | { kind: "configure"; window: number; width: number; height: number }
  | { kind: "destroy"; window: number }
  | { kind: "client-message"; messageType: number; data: readonly number[] }
  /** The keyboard or modifier mapping changed; core clients get it as MappingNotify. */
  | { kind: "mapping"; firstKeycode: number; count: number }
  | { kind: "keyboard-state"; state: KeyboardState }
  /** Another cursor is shown. */
  | { kind: "cursor"; serial: number }
  | SelectionEvent;

/** XKB state of the core keyboard. */
export interface KeyboardState {
  /** Effective modifiers as bits: Shift 1, Lock 2, Control 4, Mod1 8 … Mod5 128. */
  modifiers: number;
  /** Effective group, 0 to 3. */
  group: number;
}

/** One table of the server: what each key means, and which keys are modifiers. */
export interface KeyboardMapping {
  minKeycode: number;
  /** Keysyms of each keycode from `minKeycode` on; 0 is NoSymbol. */
  rows: number[][];
  /** Keycodes of Shift, Lock, Control, Mod1 … Mod5; 0 is an unused place. */
  modifiers: number[][];
}

export interface KeyboardRequests {
  getMapping(): Promise<KeyboardMapping>;
  /** Gives keycodes from `first` on new keysyms, all rows of one length; the server tells all clients. */
  setRows(first: number, rows: readonly (readonly number[])[]): void;
  /** Keycodes that are down, from any device. */
  getPressedKeycodes(): Promise<number[]>;
}

/** The XKEYBOARD extension: who is told when the state of the keyboard changes. */
export interface XkbRequests {
  /** From now on `keyboard-state` events, and `mapping` from XKB instead of the core protocol. */
  selectEvents(): void;
  getState(): Promise<KeyboardState>;
  /** The whole map: types, keysyms and modifiers. */
  getMap(): Promise<XkbMap>;
  /** Locks or unlocks the modifiers of `mask`: those in `locked` are on afterwards. */
  setLocks(mask: number, locked: number): void;
}

/** The XTEST extension: input as if from a device. Takes effect in the order of the calls. */
export interface XtestRequests {
  fakeKey(keycode: number, pressed: boolean): void;
  fakeButton(button: number, pressed: boolean): void;
  /** To a place on the screen; the server clamps. */
  fakeMotion(x: number, y: number): void;
  /** By a distance, each at most 32,767 pixels either way. */
  fakeMotionBy(dx: number, dy: number): void;
}

/** A rectangle in pixels; x and y from the upper left corner of the drawable. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A core font that was opened. */
export interface Font {
  id: number;
  /** Its full name, as other programs may be given it. */
  name: string;
  /** Pixels over and under the base line. */
  ascent: number;
  descent: number;
  /** Width of {@link shown} text in pixels. */
  widthOf(text: string): number;
  /** `text` with a question mark for each character that fonts of this kind do not have. */
  readonly shown: (text: string) => string;
}

export interface WindowRequests {
  createWindow(
    options: Rectangle & {
      /** 0xRRGGBB; none leaves what was there, for windows that draw everything themselves. */
      background?: number;
      /** Not touched by a window manager. */
      overrideRedirect?: boolean;
      eventMask: number;
    },
  ): number;
  map(window: number): void;
  raise(window: number): void;
  /** Asks for another place and size; a window manager may have another opinion. */
  configure(window: number, area: Rectangle): void;
  /** Windows of programs with this name (WM_NAME), as the window manager lists them, or else those on the root. */
  named(name: string): Promise<number[]>;
  destroyWindow(window: number): void;
  /** Keyboard input goes to the window, whatever the pointer points at. */
  setInputFocus(window: number): void;
  /** Sets WM_NAME and _NET_WM_NAME, WM_CLASS, and asks for WM_DELETE_WINDOW as a message. */
  describe(
    window: number,
    options: { name: string; className: string; size?: Rectangle },
  ): Promise<{ wmProtocols: number; wmDeleteWindow: number }>;
  /** Fills the root window, where no window is, with a colour. */
  setRootBackground(colour: number): void;
  queryPointer(): Promise<{ x: number; y: number; state: number }>;
  /** The window that `property` (type WINDOW) of `window` names; `undefined` where it is not set. */
  windowProperty(window: number, property: string): Promise<number | undefined>;
}

/** Drawing; colours are 0xRRGGBB (TrueColor, 24 bits, which Xvfb and every desktop have). */
export interface DrawingRequests {
  createPixmap(width: number, height: number): number;
  freePixmap(pixmap: number): void;
  createGc(options: { foreground: number; font?: number }): number;
  fillRectangles(
    drawable: number,
    gc: number,
    rectangles: readonly Rectangle[],
  ): void;
  /** Fills the ellipses that fit into the rectangles. */
  fillEllipses(
    drawable: number,
    gc: number,
    rectangles: readonly Rectangle[],
  ): void;
  /** Fills a convex polygon; `points` are x and y in turn. */
  fillPolygon(drawable: number, gc: number, points: readonly number[]): void;
  /** Text, as {@link Font.shown} gives it, with its base line at `y`; what is longer than 254 characters is cut off. */
  drawText(
    drawable: number,
    gc: number,
    x: number,
    y: number,
    text: string,
  ): void;
  copyArea(
    source: number,
    destination: number,
    gc: number,
    area: Rectangle,
    x: number,
    y: number,
  ): void;
  /** Opens the first font that one of the XLFD patterns finds; the last should be `fixed`. */
  openFont(patterns: readonly string[]): Promise<Font>;
}

/** A connection to an X server; `openX11Connection` makes it. */
export interface X11Connection extends Closable {
  /** The display as it was named. */
  readonly display: string;
  /** Root window of the screen. */
  readonly root: number;
  /** Size in pixels; follows RandR. */
  readonly screen: Readonly<{ width: number; height: number }>;
  readonly closed: boolean;
  /** The server reads slower than we write. */
  readonly congested: boolean;
  readonly keyboard: KeyboardRequests;
  readonly windows: WindowRequests;
  readonly drawing: DrawingRequests;
  readonly settings: DesktopSettingsRequests;
  readonly windowManager: WindowManagerRequests;
  /**
   * A round trip: returns when the server has answered.
   * @throws StreamSpaceError `display-unreachable` when the connection is gone, `timeout`, `aborted`.
   */
  ping(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** @throws StreamSpaceError `display-unreachable` when the server has no XTEST. */
  openXtest(): Promise<XtestRequests>;
  /** @throws StreamSpaceError `display-unreachable` when the server has no XKEYBOARD. */
  openXkb(): Promise<XkbRequests>;
  /** @throws StreamSpaceError `display-unreachable` when the server has no RANDR. */
  openRandr(): Promise<RandrRequests>;
  /** @throws StreamSpaceError `display-unreachable` when the server has no XFIXES. */
  openCursor(): Promise<CursorRequests>;
  /** @throws StreamSpaceError `display-unreachable` when the server has no XFIXES. */
  openSelections(): Promise<SelectionRequests>;
  /** Called for each event; must not throw. Returns how to stop it. */
  onEvent(listener: (event: X11Event) => void): () => void;
  /** Called for each request that the server refused and nobody waited for. */
  onProtocolError(listener: (error: Error) => void): () => void;
  /** Called once when the connection ends, by us or by the server; at once if it already did. */
  onClosed(listener: () => void): () => void;
}
