/**
 * The screen as a picture in memory that is brought up to date only where something was drawn.
 *
 * X Damage says where, MIT-SHM copies those rows to their place. What a grab delivers is the screen at one
 * moment: the server does nothing else between forgetting the damage and copying, and where something
 * outside of the copied rows turns out to have changed before that moment, more rows are copied before
 * anybody sees the picture. A state between two requests of one application (cleared, not yet drawn) can
 * still be seen; X11 has no notion of a finished picture.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { DamageRegion, type RowBand } from "./damage-region.ts";
import { evenSize, type Size } from "./geometry.ts";
import { PointerOverlay, type Point } from "./pointer-overlay.ts";
import { queryPointer, readPointerPosition } from "./pointer-requests.ts";
import { pauseMs, SettleWindow } from "./settle-window.ts";
import { SharedPicture } from "./shared-picture.ts";
import { describeXError, XDisplay } from "./x-display.ts";
import {
  coreEvents,
  damageCreate,
  damageQueryVersion,
  damageSubtract,
  getGeometry,
  getInputFocus,
  grabServer,
  readConfigure,
  readDamageArea,
  readGeometry,
  selectStructure,
  ungrabServer,
  type XExtension,
} from "./x-requests.ts";

/** Is told what happens on the screen. */
export interface ScreenHandler {
  /** Something was drawn, or the size changed; called once for all the server sent in one go. */
  onChange(): void;
  /** Called once, when the connection has ended by itself. */
  onClosed(error: StreamSpaceError): void;
}

/** What a grab brought. */
export interface GrabHandler {
  /** The pixels are asked for now. */
  onBegin(): void;
  /** The picture is up to date; `changed` holds what is new in it, and belongs to the callee until it returns. */
  onGrabbed(changed: DamageRegion): void;
  /** The size changed meanwhile: {@link ScreenCapture.applySize} comes next. */
  onStale(): void;
}

/** Longest wait for an application to finish its drawing. */
const settleMs = 2;
/** After so many grabs in which more and more rows had changed, all rows are copied. */
const maxBandGrabs = 2;

/** See the module's description. */
export class ScreenCapture {
  readonly #handler: ScreenHandler;
  readonly #window = new SettleWindow();
  #display: XDisplay | undefined;
  #pointer: PointerOverlay | undefined;
  #pointerAt: Point = { x: 0, y: 0 };
  #damageId = 0;
  #shm: XExtension = { majorOpcode: 0, firstEvent: 0 };
  #damage: XExtension = { majorOpcode: 0, firstEvent: 0 };
  #picture: SharedPicture | undefined;
  /** Size the server has told, while {@link #picture} may still have another. */
  #serverSize: Size = { width: 0, height: 0 };
  #changed = new DamageRegion({ width: 0, height: 0 });
  /** When the last grab began, until something changes after it. */
  #grabBeganMs: number | undefined;
  /** Reports of damage since the start. */
  #changes = 0;
  #isReady = false;
  #isGrabbing = false;

  private constructor(handler: ScreenHandler) {
    this.#handler = handler;
  }

  /**
   * Connects to `display` and asks it to report what is drawn.
   * @throws StreamSpaceError `display-unreachable` where it does not answer, is not on this machine, or
   *   lacks Damage, MIT-SHM or 32-bit pixels.
   */
  static async open(
    options: { display: string; showPointer: boolean },
    handler: ScreenHandler,
  ): Promise<ScreenCapture> {
    const capture = new ScreenCapture(handler);
    try {
      await capture.#begin(options);
      return capture;
    } catch (error) {
      capture.close();
      throw error;
    }
  }

  /** Size of the picture. */
  get size(): Size {
    return this.picture.size;
  }

  /** Whether a grab would bring something new. */
  get hasChanged(): boolean {
    return (
      !this.#changed.isEmpty ||
      this.needsSize ||
      this.#pointer?.hasChanged === true
    );
  }

  /** Whether the screen has another size than the picture. */
  get needsSize(): boolean {
    return (
      this.size.width !== this.#serverSize.width ||
      this.size.height !== this.#serverSize.height
    );
  }

  /** The pixels; another picture after {@link applySize}. */
  get picture(): SharedPicture {
    if (this.#picture === undefined) throw closed();
    return this.#picture;
  }

  get #open(): XDisplay {
    if (this.#display === undefined) throw closed();
    return this.#display;
  }

  /**
   * Brings the picture up to date, once nobody draws any more or after {@link settleMs}: the rest of a picture that is
   * grabbed half drawn would have to wait for the next frame. One at a time.
   */
  grab(handler: GrabHandler): void {
    if (this.#isGrabbing) {
      throw new StreamSpaceError("internal", "a grab is under way already");
    }
    this.#isGrabbing = true;
    this.#settle(handler, performance.now() + settleMs);
  }

  /** Makes room for a screen of another size; everything counts as changed. */
  async applySize(): Promise<void> {
    const size = { ...this.#serverSize };
    this.#picture?.close();
    this.#picture = await SharedPicture.create(this.#open, this.#shm, size);
    this.#changed = new DamageRegion(evenSize(size));
    this.#changed.add({ x: 0, y: 0, ...size });
    this.#pointer?.forget();
  }

  close(): void {
    this.#isReady = false;
    this.#display?.close();
    this.#picture?.close();
    this.#picture = undefined;
  }

  async #begin(options: {
    display: string;
    showPointer: boolean;
  }): Promise<void> {
    const display = await XDisplay.open(options.display, {
      onEvent: (event) => {
        this.#onEvent(event);
      },
      onReadEnd: () => {
        if (this.#isReady && this.hasChanged) this.#handler.onChange();
      },
      onClosed: (error) => {
        const wasReady = this.#isReady;
        this.close();
        if (wasReady) this.#handler.onClosed(error);
      },
    });
    this.#display = display;
    this.#shm = await display.extension("MIT-SHM");
    this.#damage = await display.extension("DAMAGE");
    display.send(selectStructure(display.root));
    await display.ask(damageQueryVersion(this.#damage));
    const geometry = await display.ask(getGeometry(display.root));
    this.#serverSize = readGeometry(geometry);
    this.#damageId = display.newId();
    await display.do(damageCreate(this.#damage, this.#damageId, display.root));
    if (options.showPointer) {
      this.#pointer = await PointerOverlay.open(display);
    }
    await this.applySize();
    this.#isReady = true;
  }

  /** Asks the server for nothing until nothing was drawn between question and answer. */
  #settle(handler: GrabHandler, deadlineMs: number): void {
    const before = this.#changes;
    const { quietMs } = this.#window;
    if (quietMs > 0) pauseMs(quietMs);
    this.#open.send(getInputFocus(), {
      onReply: () => {
        const isQuiet = this.#changes === before;
        if (isQuiet || performance.now() >= deadlineMs) {
          this.#grabBeganMs = performance.now();
          handler.onBegin();
          this.#grabBand(handler, 1);
        } else {
          this.#settle(handler, deadlineMs);
        }
      },
      onError: (error) => {
        this.#open.fail(describeXError(error));
      },
    });
  }

  #grabBand(handler: GrabHandler, attempt: number): void {
    const display = this.#open;
    // Where the pointer is in the picture, the screen must come back before it is drawn anew.
    const restored = this.#pointer?.toRestore(this.#changed.band);
    if (restored !== undefined) this.#changed.add(restored);
    const { height } = this.size;
    const band: RowBand =
      attempt > maxBandGrabs ? { top: 0, bottom: height } : this.#changed.band;
    display.sendTogether(() => {
      // Between Subtract and GetImage nobody else may draw: that place would be in this picture, and count as
      // damaged already when it changes again, so that nothing would tell.
      display.send(grabServer());
      display.send(damageSubtract(this.#damage, this.#damageId));
      if (this.#pointer !== undefined) {
        display.send(queryPointer(display.root), {
          onReply: (reply) => {
            this.#pointerAt = readPointerPosition(reply);
            this.#pointer?.onPositionKnown();
          },
          // The root is always there, so this cannot fail without the image failing too.
          onError: () => undefined,
        });
      }
      if (band.bottom > band.top) this.#getImage(handler, band, attempt);
      else this.#getNothing(handler, band, attempt);
      display.send(ungrabServer());
    });
  }

  #getImage(handler: GrabHandler, band: RowBand, attempt: number): void {
    this.#open.send(this.picture.getImage(band), {
      onReply: () => {
        this.#onImage(handler, band, attempt);
      },
      onError: (error) => {
        this.#isGrabbing = false;
        // The rows are not there any more: the new size has been told before this error.
        if (this.needsSize) handler.onStale();
        else this.#open.fail(describeXError(error));
      },
    });
  }

  /** Only the pointer changed, and it was not in the picture before. */
  #getNothing(handler: GrabHandler, band: RowBand, attempt: number): void {
    this.#open.send(getInputFocus(), {
      onReply: () => {
        this.#onImage(handler, band, attempt);
      },
      onError: (error) => {
        this.#open.fail(describeXError(error));
      },
    });
  }

  #onImage(handler: GrabHandler, band: RowBand, attempt: number): void {
    // What was drawn before the image was taken has been reported before it arrived.
    const isWhole =
      this.#changed.isWithin(band) &&
      this.#pointer?.isRestored(band, this.#pointerAt) !== false;
    if (!isWhole && !this.needsSize) {
      this.#grabBand(handler, attempt + 1);
      return;
    }
    this.#isGrabbing = false;
    if (this.needsSize) {
      handler.onStale();
      return;
    }
    if (this.#pointer?.mustDraw(band) === true) {
      const drawn = this.#pointer.draw(
        this.picture.pixels,
        this.size,
        this.#pointerAt,
      );
      if (drawn !== undefined) this.#changed.add(drawn);
    }
    handler.onGrabbed(this.#changed);
    this.#changed.clear();
  }

  #onEvent(event: Buffer): void {
    const type = event[0];
    if (type === this.#damage.firstEvent) {
      this.#changes += 1;
      if (this.#grabBeganMs !== undefined && !this.#isGrabbing) {
        this.#window.onNextChange(performance.now() - this.#grabBeganMs);
        this.#grabBeganMs = undefined;
      }
      this.#changed.add(readDamageArea(event));
    } else if (type === coreEvents.configureNotify) {
      const { window, width, height } = readConfigure(event);
      if (window === this.#display?.root) this.#serverSize = { width, height };
    } else {
      this.#pointer?.onEvent(event);
    }
  }
}

function closed(): StreamSpaceError {
  return new StreamSpaceError("closed", "the capture is closed");
}
