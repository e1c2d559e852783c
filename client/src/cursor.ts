/**
 * The remote pointer, drawn by the browser: no round trip lies between the hand and the cursor.
 *
 * It is a CSS cursor where the browser draws one of that size, and otherwise an element that follows the pointer.
 */
import { CursorCache } from "../../signaling/protocol/cursor-cache.ts";
import type { CursorPicture } from "../../signaling/protocol/cursor.ts";
import type { ServerMessage } from "../../signaling/protocol.ts";
import { needsOverlay, planCursor, type CursorPlan } from "./cursor-plan.ts";
import { element } from "./dom.ts";
import type { ClientFeature } from "./feature.ts";
import type { Point } from "./geometry.ts";

type CursorMessage = Extract<ServerMessage, { type: "cursor" }>;

/** What the page remembers of a cursor. */
interface Remembered {
  readonly image: CursorPicture;
  /** Decoded when it has to be scaled for the first time. */
  bitmap?: Promise<ImageBitmap>;
}

/** A cursor that is ready to be drawn. */
interface Drawn {
  readonly plan: CursorPlan;
  /** A `data:` address. */
  readonly address: string;
}

/** The custom property that the stage takes its cursor from, while the desktop is shown. */
const property = "--remote-cursor";
const ordinary = "default";
const invisible = "none";

/** See the module's description. */
export class RemoteCursor implements ClientFeature {
  readonly handlers = {
    cursor: (message: CursorMessage): void => {
      this.#onCursor(message);
    },
  };
  readonly #stage: HTMLElement;
  readonly #scale: () => number;
  readonly #lockedAt: () => Point | undefined;
  readonly #overlay = element("img", {
    className: "cursor-overlay",
    attributes: { alt: "", "aria-hidden": "true", draggable: "false" },
  });
  readonly #known = new CursorCache<Remembered>();
  readonly #ending = new AbortController();
  #current: Remembered | typeof ordinary | typeof invisible = invisible;
  #isLooking = true;
  #drawn: Drawn | undefined;
  /** The cursor as the browser would draw it, and what the stage has, which differs under the element. */
  #css: string = invisible;
  #shown = "";
  #pointer: Point | undefined;
  /** Counts what was asked to be drawn, as decoding takes a while. */
  #generation = 0;

  /**
   * @param options.scale CSS pixels that a pixel of the remote screen takes on the page.
   * @param options.lockedAt where the pointer is while it is locked and the browser draws none; up to date before the
   *   listeners of this class are called.
   */
  constructor(options: {
    stage: HTMLElement;
    scale: () => number;
    lockedAt: () => Point | undefined;
  }) {
    this.#stage = options.stage;
    this.#scale = options.scale;
    this.#lockedAt = options.lockedAt;
    // In the pages of others there are no styles of ours.
    Object.assign(this.#overlay.style, {
      position: "fixed",
      top: "0",
      left: "0",
      zIndex: "1",
      maxWidth: "none",
      pointerEvents: "none",
    });
    this.#overlay.hidden = true;
    this.#stage.append(this.#overlay);
    this.#follow();
  }

  onOpen(): void {
    this.#known.clear(); // The agent knows as little of what this page remembers.
  }

  onClosed(): void {
    this.#current = invisible;
    void this.#draw();
  }

  /** Who only looks points at nothing: the pointer is that of the own desktop. */
  setLooking(isLooking: boolean): void {
    this.#isLooking = isLooking;
    void this.#draw();
  }

  /** The picture has another scale, or the page is on another screen. */
  refresh(): void {
    void this.#draw();
  }

  close(): void {
    this.#generation += 1;
    this.#ending.abort();
    this.#overlay.remove();
    this.#stage.style.removeProperty(property);
  }

  #onCursor({ key, image }: CursorMessage): void {
    if (key === null) {
      this.#current = invisible;
    } else if (image !== undefined) {
      this.#current = { image };
      this.#known.remember(key, this.#current);
    } else {
      this.#current = this.#known.use(key) ?? ordinary;
    }
    void this.#draw();
  }

  /** Never rejects. */
  async #draw(): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    const current = this.#isLooking ? ordinary : this.#current;
    if (typeof current === "string") {
      this.#drawn = undefined;
      this.#apply(current);
      return;
    }
    const plan = planCursor({
      shape: current.image,
      scale: this.#scale(),
      density: window.devicePixelRatio,
    });
    try {
      const address = plan.isUnchanged
        ? `data:image/png;base64,${current.image.png}`
        : await scaled(current, plan);
      if (generation !== this.#generation) return;
      this.#drawn = { plan, address };
      this.#overlay.src = address;
      this.#overlay.width = plan.size.width;
      this.#overlay.height = plan.size.height;
      this.#apply(cssCursor(address, plan));
    } catch {
      // A picture that does not decode: the place that is pointed at must be seen all the same.
      if (generation === this.#generation) this.#apply(ordinary);
    }
  }

  /** Shows the CSS cursor, or the element where the browser would not draw it. */
  #apply(css: string): void {
    this.#css = css;
    this.#place();
  }

  #place(): void {
    const drawn = this.#drawn;
    const viewport = { width: window.innerWidth, height: window.innerHeight };
    const locked = this.#lockedAt();
    const at = locked ?? this.#pointer;
    const isOverlaid =
      drawn !== undefined &&
      (locked !== undefined || needsOverlay(drawn.plan, at, viewport));
    this.#show(isOverlaid ? invisible : this.#css);
    this.#overlay.hidden = !isOverlaid || at === undefined;
    if (drawn === undefined || !isOverlaid || at === undefined) return;
    const { x, y } = at;
    const { hot } = drawn.plan;
    // Whole pixels: what lies between them is blurred.
    const [left, top] = [Math.floor(x - hot.x), Math.floor(y - hot.y)];
    this.#overlay.style.transform = `translate(${left}px, ${top}px)`;
  }

  #show(css: string): void {
    if (css === this.#shown) return;
    this.#shown = css;
    this.#stage.style.setProperty(property, css);
  }

  #follow(): void {
    const { signal } = this.#ending;
    const onMove = (event: PointerEvent): void => {
      // A finger has no cursor.
      if (event.pointerType === "touch") return;
      this.#pointer = { x: event.clientX, y: event.clientY };
      if (this.#drawn !== undefined) this.#place();
    };
    this.#stage.addEventListener("pointermove", onMove, { signal });
    document.addEventListener(
      "pointerlockchange",
      () => {
        this.#place();
      },
      { signal },
    );
    this.#stage.addEventListener("pointerenter", onMove, { signal });
    this.#stage.addEventListener(
      "pointerleave",
      () => {
        this.#pointer = undefined;
        this.#place();
      },
      { signal },
    );
  }
}

function cssCursor(address: string, { density, hot }: CursorPlan): string {
  const plain = `url("${address}")`;
  const picture = density === 1 ? plain : `image-set(${plain} ${density}x)`;
  return `${picture} ${hot.x} ${hot.y}, ${ordinary}`;
}

/** The cursor as it is planned, as a `data:` address. */
async function scaled(
  remembered: Remembered,
  plan: CursorPlan,
): Promise<string> {
  remembered.bitmap ??= decode(remembered.image.png);
  const bitmap = await remembered.bitmap;
  const canvas = element("canvas");
  canvas.width = plan.canvas.width;
  canvas.height = plan.canvas.height;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("the browser draws nothing");
  context.imageSmoothingEnabled = !plan.isSharp;
  context.imageSmoothingQuality = "high";
  const { left, top, width, height } = plan.drawn;
  context.drawImage(bitmap, left, top, width, height);
  return canvas.toDataURL("image/png");
}

function decode(base64: string): Promise<ImageBitmap> {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/png" }));
}
