/**
 * Types of the npm package `x11` (4.2), as far as this project uses it. The package ships none.
 *
 * Only `connection.ts` imports the package; everything else sees the interfaces of `requests.ts`.
 */
declare module "x11" {
  import type { Socket } from "node:net";

  type Callback<T> = (error: Error | null | undefined, result: T) => unknown;

  /** A request that the server refused; `error` is the code of the X11 protocol, appendix B. */
  interface X11PackageError extends Error {
    error?: number;
    majorOpcode?: number;
    minorOpcode?: number;
  }

  /** An event as the package unpacks it; which fields are there depends on `name`. */
  interface X11PackageEvent {
    name: string;
    seq: number;
    type: number;
    keycode?: number;
    time?: number;
    wid?: number;
    wid1?: number;
    rootx?: number;
    rooty?: number;
    x?: number;
    y?: number;
    width?: number;
    height?: number;
    count?: number;
    buttons?: number;
    request?: number;
    firstKeyCode?: number;
    format?: number;
    message_type?: number;
    data?: number[];
    /** Of selections and properties. */
    owner?: number;
    requestor?: number;
    selection?: number;
    selectionTimestamp?: number;
    target?: number;
    property?: number;
    atom?: number;
    state?: number;
    xkbType?: number;
    mods?: number;
    group?: number;
    /** Of CursorNotify: the number of the cursor. */
    cursorSerial?: number;
    /** Of SelectionClear. */
    owner?: number;
    selection?: number;
  }

  interface XtestExtension {
    FakeInput(
      type: number,
      detail: number,
      delayMs: number,
      root: number,
      x: number,
      y: number,
    ): void;
  }

  interface XkbExtension {
    readonly majorOpcode: number;
    LatchLockState(
      device: number,
      affectModLocks: number,
      modLocks: number,
      lockGroup: boolean,
      groupLock: number,
      affectModLatches: number,
      modLatches: number,
      latchGroup: boolean,
      groupLatch: number,
    ): void;
    SelectEvents(
      device: number,
      affectWhich: number,
      clear: number,
      selectAll: number,
      affectMap: number,
      map: number,
    ): void;
    GetState(
      device: number,
      callback: Callback<{ mods: number; group: number }>,
    ): void;
  }

  interface RandrResources {
    crtcs: number[];
    outputs: number[];
    modeinfos: { id: number; width: number; height: number; name: string }[];
  }

  interface RandrExtension {
    GetScreenResourcesCurrent(
      window: number,
      callback: Callback<RandrResources>,
    ): void;
    GetCrtcInfo(
      crtc: number,
      configTime: number,
      callback: Callback<{ mode: number; output: number[] }>,
    ): void;
    CreateMode(
      window: number,
      mode: Readonly<Record<string, number | string>>,
      callback: Callback<number>,
    ): void;
    DestroyMode(mode: number): void;
    AddOutputMode(output: number, mode: number): void;
    DeleteOutputMode(output: number, mode: number): void;
    SetCrtcConfig(
      crtc: number,
      time: number,
      configTime: number,
      x: number,
      y: number,
      mode: number,
      rotation: number,
      outputs: readonly number[],
      callback: Callback<{ status: number }>,
    ): void;
    SetScreenSize(
      window: number,
      width: number,
      height: number,
      widthMm: number,
      heightMm: number,
    ): void;
  }

  interface XfixesExtension {
    SelectCursorInput(window: number, eventMask: number): void;
    GetCursorImage(
      callback: Callback<{
        width: number;
        height: number;
        xhot: number;
        yhot: number;
        cursorSerial: number;
        cursorImage: Buffer;
      }>,
    ): void;
    SelectSelectionInput(
      window: number,
      selection: number,
      eventMask: number,
    ): void;
  }

  interface PropertyValue {
    type: number;
    /** Bits of an element. */
    format: number;
    bytesAfter: number;
    data: Buffer;
  }

  interface FontInfo {
    fontAscent: number;
    fontDescent: number;
    minCharOrByte2: number;
    maxBounds: { characterWidth: number };
    charInfos: { characterWidth: number }[];
  }

  interface XClient {
    /** One table for all clients unless it is replaced. */
    atoms: Record<string, number>;
    readonly pack_stream: {
      readonly write_queue: readonly unknown[];
      put(request: Buffer): void;
      /** `expectsReply`: leaves at once rather than with later requests. */
      submit(expectsReply?: boolean): void;
    };
    /** Number of the latest request. */
    seq_num: number;
    /** How to read the reply to a request, and who waits for it. */
    readonly replies: Record<
      number,
      [
        read: (body: Buffer, detail: number) => unknown,
        callback: (error: Error | null | undefined, result: never) => unknown,
      ]
    >;
    on(event: "error", listener: (error: X11PackageError) => void): void;
    on(event: "event", listener: (event: X11PackageEvent) => void): void;
    terminate(): void;
    flush(): void;
    require(name: "xtest", callback: Callback<XtestExtension>): void;
    require(name: "xkb", callback: Callback<XkbExtension>): void;
    require(name: "randr", callback: Callback<RandrExtension>): void;
    require(name: "fixes", callback: Callback<XfixesExtension>): void;
    GrabServer(): void;
    UngrabServer(): void;
    SetSelectionOwner(owner: number, selection: number, time: number): void;
    GetSelectionOwner(selection: number, callback: Callback<number>): void;
    SendEvent(
      destination: number,
      propagate: 0 | 1,
      eventMask: number,
      event: Buffer | Readonly<Record<string, number | string>>,
    ): void;
    AllocID(): number;
    GetProperty(
      del: 0 | 1,
      window: number,
      property: number,
      type: number,
      longOffset: number,
      longLength: number,
      callback: Callback<PropertyValue>,
    ): void;
    DeleteProperty(window: number, property: number): void;
    ConvertSelection(
      requestor: number,
      selection: number,
      target: number,
      property: number,
      time: number,
    ): void;
    InternAtom(
      onlyIfExists: boolean,
      name: string,
      callback: Callback<number>,
    ): void;
    CreateWindow(
      wid: number,
      parent: number,
      x: number,
      y: number,
      width: number,
      height: number,
      borderWidth: number,
      depth: number,
      windowClass: number,
      visual: number,
      values: Record<string, number>,
    ): void;
    ChangeWindowAttributes(wid: number, values: Record<string, number>): void;
    ClearArea(
      wid: number,
      x: number,
      y: number,
      width: number,
      height: number,
      exposures: number,
    ): void;
    DestroyWindow(wid: number): void;
    MapWindow(wid: number): void;
    RaiseWindow(wid: number): void;
    MoveResizeWindow(
      wid: number,
      x: number,
      y: number,
      width: number,
      height: number,
    ): void;
    QueryTree(wid: number, callback: Callback<{ children: number[] }>): void;
    ChangeProperty(
      mode: number,
      wid: number,
      property: number,
      type: number,
      format: number,
      data: Buffer | readonly number[],
    ): void;
    SetInputFocus(wid: number, revertTo: number): void;
    GetInputFocus(callback: Callback<{ focus: number }>): void;
    QueryPointer(
      wid: number,
      callback: Callback<{ rootX: number; rootY: number; keyMask: number }>,
    ): void;
    QueryKeymap(callback: Callback<Uint8Array>): void;
    GetKeyboardMapping(
      firstKeycode: number,
      count: number,
      callback: Callback<number[][]>,
    ): void;
    ChangeKeyboardMapping(
      firstKeycode: number,
      keysymsPerKeycode: number,
      keysyms: readonly number[],
    ): void;
    GetModifierMapping(callback: Callback<number[][]>): void;
    CreateGC(
      gc: number,
      drawable: number,
      values: Record<string, number>,
    ): void;
    CreatePixmap(
      pixmap: number,
      drawable: number,
      depth: number,
      width: number,
      height: number,
    ): void;
    FreePixmap(pixmap: number): void;
    CopyArea(
      source: number,
      destination: number,
      gc: number,
      sourceX: number,
      sourceY: number,
      x: number,
      y: number,
      width: number,
      height: number,
    ): void;
    PolyFillRectangle(
      drawable: number,
      gc: number,
      rectangles: readonly number[],
    ): void;
    PolyFillArc(drawable: number, gc: number, arcs: readonly number[]): void;
    FillPoly(
      drawable: number,
      gc: number,
      shape: number,
      coordMode: number,
      points: readonly number[],
    ): void;
    OpenFont(font: number, name: string): void;
    QueryFont(font: number, callback: Callback<FontInfo>): void;
    ListFonts(
      pattern: string,
      maximum: number,
      callback: Callback<string[]>,
    ): void;
    PolyText16(
      drawable: number,
      gc: number,
      x: number,
      y: number,
      items: readonly string[],
    ): void;
  }

  interface Display {
    client: XClient;
    min_keycode: number;
    max_keycode: number;
    /** Words of four bytes. */
    max_request_length: number;
    screen: {
      root: number;
      root_depth: number;
      pixel_width: number;
      pixel_height: number;
    }[];
  }

  export function createClient(
    options: {
      display: string;
      stream: Socket;
      auth: { name: string; data: string };
      bufferRequests: boolean;
    },
    callback: (error: Error | undefined, display: Display) => void,
  ): XClient;
}
