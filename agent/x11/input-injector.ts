/**
 * Input of viewers into the X server by XTEST.
 *
 * Everything is synchronous: a call writes its requests, or puts itself into a queue while the keyboard is
 * not ready (see `spare-keycodes.ts`). The queue keeps the order of keys, buttons and wheel; it is bounded:
 * when it is full, presses and wheel notches are dropped, releases never. Pointer motion does not queue; while the
 * server does not read, the last place waits for it.
 */
import type { Logger } from "../base/log.ts";
import { StreamSpaceError } from "../base/errors.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import type { X11Connection } from "./connection.ts";
import type { InputInjector, InputSeat, Locks } from "./input-seat.ts";
import { KeyboardInjector, type SeatKeys } from "./keyboard-injector.ts";
import { KeymapFollower } from "./keymap-follower.ts";
import { Keymap } from "./keymap.ts";
import { keysyms, keysymsOfText } from "./keysym.ts";
import { PointerInjector } from "./pointer-injector.ts";
import type { XkbRequests, XtestRequests } from "./requests.ts";
import { SeatLedger } from "./seat-ledger.ts";

/** Events that may wait; with a spare keycode for each character that is about four seconds of typing. */
export const maxQueuedEvents = 1024;
/** How often a server that does not read is looked at, in milliseconds. */
const congestedMs = 5;
/** Core buttons are numbers of one byte. */
const maxButton = 255;

/**
 * Prepares XTEST and reads the keyboard map.
 * @throws StreamSpaceError `display-unreachable` when the server lacks XTEST or XKB; `closed` when it went away.
 */
export async function openInputInjector(
  connection: X11Connection,
  options: { log: Logger; clock?: Clock },
): Promise<InputInjector> {
  const xtest = await connection.openXtest();
  const xkb = await connection.openXkb();
  const map = await xkb.getMap();
  const injector = new Injector({
    connection,
    xtest,
    keymap: new Keymap(map),
    xkb,
    log: options.log,
    clock: options.clock ?? systemClock,
  });
  await injector.follow(xkb);
  await releaseLeftovers(connection, xtest);
  if (connection.closed) {
    throw new StreamSpaceError(
      "closed",
      `the X display ${connection.display} went away`,
    );
  }
  return injector;
}

interface Place {
  x: number;
  y: number;
}

interface Seat {
  readonly ledger: SeatLedger;
  readonly keys: SeatKeys;
  readonly buttons: Set<number>;
}

interface Press {
  kind: "press";
  seat: Seat;
  keysym: number;
  code: string;
  /** Forgotten once they have been set. */
  locks: Locks | undefined;
}

type Queued =
  | Press
  | { kind: "text"; keysyms: number[] }
  | { kind: "release"; seat: Seat; code: string }
  | {
      kind: "button";
      seat: Seat;
      button: number;
      pressed: boolean;
      place: Place | undefined;
    }
  | { kind: "wheel"; dx: number; dy: number; place: Place | undefined }
  | { kind: "release-all"; seat: Seat };

class Injector implements InputInjector {
  readonly #connection: X11Connection;
  readonly #pointer: PointerInjector;
  readonly #keyboard: KeyboardInjector;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #seats = new Set<InputSeat>();
  readonly #unsubscribeClosed: () => void;
  #queue: Queued[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Where the pointer goes once the server reads again. */
  #late: Place | undefined;
  #lateTimer: NodeJS.Timeout | undefined;
  #follower: KeymapFollower | undefined;
  #closed = false;

  constructor(parts: {
    connection: X11Connection;
    xtest: XtestRequests;
    xkb: XkbRequests;
    keymap: Keymap;
    log: Logger;
    clock: Clock;
  }) {
    this.#connection = parts.connection;
    this.#log = parts.log;
    this.#clock = parts.clock;
    const { connection, xtest } = parts;
    this.#pointer = new PointerInjector(xtest, () => connection.screen);
    this.#keyboard = new KeyboardInjector(
      {
        fakeKey: (keycode, pressed) => {
          xtest.fakeKey(keycode, pressed);
          // What a lock key does is the server's to say; the next key waits for its answer.
          if (this.#keyboard.isLock(keycode)) this.#follower?.refreshState();
        },
        setRows: (first, rows) => {
          connection.keyboard.setRows(first, rows);
        },
        setLocks: (mask, locked) => {
          parts.xkb.setLocks(mask, locked);
          this.#follower?.refreshState();
        },
      },
      parts.keymap,
    );
    this.#unsubscribeClosed = parts.connection.onClosed(() => {
      this.close();
    });
  }

  /** Reads the keyboard and follows its changes from now on; returns when the first reading is done. */
  async follow(xkb: XkbRequests): Promise<void> {
    const first = Promise.withResolvers<undefined>();
    this.#follower = new KeymapFollower({
      connection: this.#connection,
      xkb,
      log: this.#log,
      revision: () => this.#keyboard.revision,
      onMapping: (mapping, revision) => {
        this.#keyboard.adoptKeymap(new Keymap(mapping), revision);
      },
      onState: (state) => {
        this.#keyboard.adoptState(state);
      },
      onFresh: () => {
        first.resolve(undefined);
        this.#drain();
      },
    });
    // The map was read before its changes were followed.
    this.#follower.refreshMapping();
    await first.promise;
  }

  openSeat(): InputSeat {
    const seat: Seat = {
      ledger: new SeatLedger(),
      keys: new Map(),
      buttons: new Set(),
    };
    const { ledger } = seat;
    const releaseAll = (): void => {
      if (ledger.releaseAll()) this.#put({ kind: "release-all", seat });
    };
    const close = (): void => {
      releaseAll();
      open = false;
      this.#seats.delete(face);
    };
    let open = !this.#closed;
    const face: InputSeat = {
      motion: (x, y) => {
        if (open) this.#motion({ x, y });
      },
      motionBy: (dx, dy) => {
        if (open) this.#pointer.moveBy(dx, dy);
      },
      button: (button, pressed, x, y) => {
        if (!open || !(button >= 1 && button <= maxButton)) return;
        if (!ledger.button(button, pressed, this.#isFull)) return;
        const place = placeOf(x, y);
        this.#put({ kind: "button", seat, button, pressed, place });
      },
      wheel: (dx, dy, x, y) => {
        if (!open || this.#isFull) return;
        this.#put({ kind: "wheel", dx, dy, place: placeOf(x, y) });
      },
      key: (keysym, code, pressed, locks) => {
        if (!open || keysym <= 0) return;
        if (!ledger.key(code, pressed, this.#isFull)) return;
        if (pressed) this.#put({ kind: "press", seat, keysym, code, locks });
        else this.#put({ kind: "release", seat, code });
      },
      text: (text) => {
        if (!open || this.#isFull) return;
        this.#put({ kind: "text", keysyms: keysymsOfText(text) });
      },
      releaseAll,
      close,
      [Symbol.dispose]: close,
    };
    if (open) this.#seats.add(face);
    return face;
  }

  close(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    clearTimeout(this.#lateTimer);
    this.#timer = undefined;
    // Presses that still wait would be typed into nothing; what is down must come up.
    this.#queue = this.#queue.filter(
      ({ kind }) => kind !== "press" && kind !== "text",
    );
    for (const seat of [...this.#seats]) seat.close();
    for (const event of this.#queue) this.#inject(event);
    this.#queue = [];
    this.#keyboard.returnLentKeycodes();
    this.#closed = true;
    this.#follower?.close();
    this.#unsubscribeClosed();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #isFull(): boolean {
    return this.#queue.length >= maxQueuedEvents;
  }

  #put(event: Queued): void {
    if (this.#closed) return;
    this.#queue.push(event);
    if (this.#queue.length === 1) this.#drain();
  }

  /** Injects what waits, up to the first event for which the keyboard is not ready. */
  #drain(): void {
    let injected = 0;
    for (const event of this.#queue) {
      const untilMs = this.#inject(event);
      if (untilMs !== undefined) {
        this.#drainAt(untilMs);
        break;
      }
      injected += 1;
    }
    this.#queue.splice(0, injected);
  }

  #drainAt(untilMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#drain();
      },
      Math.max(1, Math.ceil(untilMs - this.#clock.nowMs())),
    );
  }

  /** Returns when to try again, or `undefined` when the event is done. */
  #inject(event: Queued): number | undefined {
    const nowMs = this.#clock.nowMs();
    switch (event.kind) {
      case "press":
        return this.#press(event, nowMs);
      case "text":
        return this.#type(event.keysyms, nowMs);
      case "release":
        this.#keyboard.release(event.seat.keys, event.code, nowMs);
        return undefined;
      case "release-all":
        this.#keyboard.releaseAll(event.seat.keys, nowMs);
        this.#pointer.releaseAll(event.seat.buttons);
        return undefined;
      case "button":
        this.#moveTo(event.place);
        this.#pointer.button(event.seat.buttons, event.button, event.pressed);
        return undefined;
      case "wheel":
        this.#moveTo(event.place);
        this.#pointer.wheel(event.dx, event.dy);
        return undefined;
    }
  }

  /** What is late is worthless, but for the place where the pointer comes to rest. */
  #motion(place: Place): void {
    if (!this.#connection.congested) {
      this.#moveTo(place);
      return;
    }
    this.#late = place;
    this.#lateTimer ??= setTimeout(() => {
      this.#lateTimer = undefined;
      const late = this.#late;
      if (late !== undefined && !this.#closed) this.#motion(late);
    }, congestedMs);
  }

  #moveTo(place: Place | undefined): void {
    if (place === undefined) return;
    this.#late = undefined;
    this.#pointer.move(place.x, place.y);
  }

  #press(event: Press, nowMs: number): number | undefined {
    const staleUntilMs = this.#follower?.staleUntilMs(nowMs);
    if (staleUntilMs !== undefined) return staleUntilMs;
    if (event.locks !== undefined && !isLockKeysym(event.keysym)) {
      const changed = this.#keyboard.setLocks(event.locks);
      event.locks = undefined;
      // The server may refuse; this key is typed by what it answers, whatever that is.
      if (changed) return this.#follower?.staleUntilMs(nowMs);
    }
    const result = this.#keyboard.press(event.seat.keys, event, nowMs);
    if (result.kind === "wait") return result.untilMs;
    if (result.kind === "dropped")
      this.#log.debug({ reason: result.reason }, "a key press was dropped");
    return undefined;
  }

  /** Types what is left of a text. */
  #type(waiting: number[], nowMs: number): number | undefined {
    const staleUntilMs = this.#follower?.staleUntilMs(nowMs);
    if (staleUntilMs !== undefined) return staleUntilMs;
    this.#keyboard.prepare(waiting, nowMs);
    while (waiting.length > 0) {
      const keysym = waiting[0] ?? 0;
      const keys: SeatKeys = new Map();
      const result = this.#keyboard.press(keys, { keysym, code: "" }, nowMs);
      if (result.kind === "wait") return result.untilMs;
      this.#keyboard.releaseAll(keys, nowMs);
      waiting.shift();
    }
    return undefined;
  }
}

function placeOf(
  x: number | undefined,
  y: number | undefined,
): Place | undefined {
  return x === undefined || y === undefined ? undefined : { x, y };
}

function isLockKeysym(keysym: number): boolean {
  return keysym === keysyms.capsLock || keysym === keysyms.numLock;
}

/** What an agent that was killed held on a display that outlived it would stay down for ever. */
async function releaseLeftovers(
  connection: X11Connection,
  xtest: XtestRequests,
): Promise<void> {
  const [pressed, pointer] = await Promise.all([
    connection.keyboard.getPressedKeycodes(),
    connection.windows.queryPointer(),
  ]);
  // What a real device holds is not XTEST's to release, and the server leaves it down.
  for (const keycode of pressed) xtest.fakeKey(keycode, false);
  for (let button = 1; button <= 5; button += 1) {
    if ((pointer.state & (0x80 << button)) !== 0)
      xtest.fakeButton(button, false);
  }
}
