/**
 * Keeps the remote screen and the window together: tells the agent which screen the window would like, and puts the
 * picture in its place.
 */
import type { ServerMessage } from "../../signaling/protocol.ts";
import type { ScreenLimits } from "../../signaling/protocol/resize.ts";
import type { AgentLink, ClientFeature } from "./feature.ts";
import { pictureBox, type Size } from "./geometry.ts";
import {
  boundOf,
  pictureLayout,
  wishOf,
  type ScreenMode,
  type Stage,
} from "./screen-mode.ts";
import { screenWords } from "./strings.ts";

export type { ScreenMode } from "./screen-mode.ts";

type Message<T extends ServerMessage["type"]> = Extract<
  ServerMessage,
  { type: T }
>;

/** What controls of the page use. */
export interface ScreenSizeControl {
  readonly mode: ScreenMode;
  /** Of the remote screen, in pixels; `undefined` before the agent has said it. */
  readonly screen: Size | undefined;
  /** Why the screen is not as this page wishes it, in words; empty where it is. */
  readonly notice: string;
  /** Bounds of its size; `undefined` where it cannot be changed, and `follow` and `fixed` do the same as `scale`. */
  readonly limits: ScreenLimits | undefined;
  /** Takes effect at once, and is remembered. */
  setMode(mode: ScreenMode): void;
  /** Asks the agent again for what this page wishes: of use when it may control the session from now on. */
  claim(): void;
  /** Calls `listener` when something of the above has changed; returns the function that ends that. */
  onChange(listener: () => void): () => void;
}

/** A window that is being dragged changes with each frame; the screen changes once it has come to rest. */
const restMs = 80;

/** See the module's description. */
export class ScreenSizing implements ClientFeature, ScreenSizeControl {
  readonly handlers = {
    welcome: ({ screen }: Message<"welcome">): void => {
      this.#onScreen(screen);
    },
    screen: ({ width, height }: Message<"screen">): void => {
      this.#onScreen({ width, height });
    },
    "screen-limits": ({ min, max }: Message<"screen-limits">): void => {
      this.#limits = { min, max };
      this.#tell();
      this.#changed();
    },
    "resize-failed": (): void => {
      this.#say(screenWords({ kind: "failed" }));
    },
  };
  readonly #stage: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #mayControl: () => boolean;
  readonly #onMode: (mode: ScreenMode) => void;
  readonly #onNotice: (words: string) => void;
  readonly #listeners = new Set<() => void>();
  readonly #ending = new AbortController();
  readonly #observer: ResizeObserver;
  #mode: ScreenMode;
  #place: Stage;
  #screen: Size | undefined;
  #link: AgentLink | undefined;
  #limits: ScreenLimits | undefined;
  #told = "";
  #words = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param options.mayControl whether the page may act on the session now; {@link claim} is called when it may again.
   * @param options.onMode remembers what the user chose.
   * @param options.onNotice shows words to the user for a while.
   */
  constructor(options: {
    stage: HTMLElement;
    video: HTMLVideoElement;
    mode: ScreenMode;
    mayControl: () => boolean;
    onMode: (mode: ScreenMode) => void;
    onNotice: (words: string) => void;
  }) {
    this.#stage = options.stage;
    this.#video = options.video;
    this.#mode = options.mode;
    this.#mayControl = options.mayControl;
    this.#onMode = options.onMode;
    this.#onNotice = options.onNotice;
    this.#place = measure(this.#stage);
    this.#observer = new ResizeObserver((entries) => {
      this.#onStage(entries.at(-1));
    });
    observe(this.#observer, this.#stage);
    const { signal } = this.#ending;
    this.#video.addEventListener(
      "resize",
      () => {
        this.#changed();
      },
      { signal },
    );
    // A page that nobody sees does not take the screen from one that somebody does.
    document.addEventListener(
      "visibilitychange",
      () => {
        this.#tell();
      },
      { signal },
    );
    this.#layOut();
  }

  get mode(): ScreenMode {
    return this.#mode;
  }

  get screen(): Size | undefined {
    return this.#screen;
  }

  get notice(): string {
    return this.#words;
  }

  get limits(): ScreenLimits | undefined {
    return this.#limits;
  }

  /** CSS pixels that a pixel of the remote screen takes on the page; 1 while there is no picture. */
  get scale(): number {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width === 0 || height === 0) return 1;
    const box = this.#video.getBoundingClientRect();
    return pictureBox(box, { width, height }).width / width;
  }

  setMode(mode: ScreenMode): void {
    this.#mode = mode;
    this.#onMode(mode);
    this.#told = "";
    this.#tell();
    this.#changed();
  }

  claim(): void {
    this.#told = "";
    this.#tell();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  onOpen(link: AgentLink): void {
    this.#link = link;
    this.#told = "";
  }

  onClosed(): void {
    this.#link = undefined;
    this.#limits = undefined;
    clearTimeout(this.#timer);
  }

  close(): void {
    this.onClosed();
    this.#ending.abort();
    this.#observer.disconnect();
    this.#listeners.clear();
  }

  #onScreen(screen: Size): void {
    this.#screen = screen;
    this.#changed();
  }

  #onStage(entry: ResizeObserverEntry | undefined): void {
    this.#place = measure(this.#stage, entry);
    this.#changed();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#tell();
    }, restMs);
  }

  /** Asks for the screen that the window would like, where that is new. */
  #tell(): void {
    const limits = this.#limits;
    if (this.#link === undefined || limits === undefined) return;
    if (!this.#mayControl()) return;
    if (document.visibilityState !== "visible") return;
    const wish = wishOf(this.#mode, this.#place);
    const text = JSON.stringify(wish ?? null);
    if (text === this.#told) return;
    this.#told = text;
    if (wish !== undefined) this.#link.send({ type: "resize", ...wish });
    const bound = wish === undefined ? undefined : boundOf(wish, limits);
    this.#say(bound === undefined ? "" : screenWords(bound));
  }

  #say(words: string): void {
    if (words === this.#words) return;
    this.#words = words;
    if (words !== "") this.#onNotice(words);
    this.#changed();
  }

  #changed(): void {
    this.#layOut();
    for (const listener of [...this.#listeners]) listener();
  }

  #layOut(): void {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const box = pictureLayout(this.#mode, this.#place, { width, height });
    const { style } = this.#video;
    style.position = box === undefined ? "" : "absolute";
    style.left = box === undefined ? "" : `${box.left}px`;
    style.top = box === undefined ? "" : `${box.top}px`;
    style.width = box === undefined ? "" : `${box.width}px`;
    style.height = box === undefined ? "" : `${box.height}px`;
    this.#stage.style.overflow =
      this.#mode.kind === "actual" ? "auto" : "hidden";
  }
}

/** Also tells of another density: a window that was moved to another monitor, a page that was zoomed. */
function observe(observer: ResizeObserver, stage: HTMLElement): void {
  try {
    observer.observe(stage, { box: "device-pixel-content-box" });
  } catch {
    observer.observe(stage); // Safari: the density is read with the next change of the size.
  }
}

function measure(stage: HTMLElement, entry?: ResizeObserverEntry): Stage {
  const size = { width: stage.clientWidth, height: stage.clientHeight };
  const density = window.devicePixelRatio;
  // Safari does not have it.
  const exact = (entry as Partial<ResizeObserverEntry> | undefined)
    ?.devicePixelContentBoxSize?.[0];
  const device = {
    width: devicePixels(size.width * density, exact?.inlineSize),
    height: devicePixels(size.height * density, exact?.blockSize),
  };
  return { size, device, density };
}

/** The browser knows better how it rounds, but for emulated screens, where it tells CSS pixels. */
function devicePixels(computed: number, exact: number | undefined): number {
  return exact !== undefined && Math.abs(exact - computed) <= 1
    ? exact
    : Math.round(computed);
}
