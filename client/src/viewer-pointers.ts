/**
 * Where the others point, drawn over the picture: an arrow and a name each.
 */
import { element } from "./dom.ts";
import { toPagePoint, type Size } from "./geometry.ts";
import type { PointerPlace, Sharing } from "./sharing.ts";
import { viewerName } from "./strings.ts";

/** A pointer that rests for so long is not shown until it moves again. */
const restMs = 5_000;

interface Shown {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  place: PointerPlace;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** See the module's description. Screen readers pass over it. */
export class ViewerPointers {
  readonly #stage: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #screen: () => Size | undefined;
  readonly #sharing: Sharing;
  /** By viewer; at most one for each that is here. */
  readonly #shown = new Map<string, Shown>();
  readonly #ending = new AbortController();
  readonly #stop: () => void;

  constructor(options: {
    stage: HTMLElement;
    video: HTMLVideoElement;
    /** Size of the remote screen. */
    screen: () => Size | undefined;
    sharing: Sharing;
  }) {
    this.#stage = options.stage;
    this.#video = options.video;
    this.#screen = options.screen;
    this.#sharing = options.sharing;
    this.#stop = options.sharing.subscribe({
      onChange: ({ isConnected, viewers }) => {
        for (const [id, { label }] of this.#shown) {
          const viewer = viewers.find((each) => each.id === id);
          if (!isConnected || viewer === undefined) this.#remove(id);
          else label.textContent = viewerName(viewer);
        }
      },
      onPointers: (places) => {
        for (const place of places) this.#moved(place);
      },
    });
    this.#stage.addEventListener(
      "scroll",
      () => {
        this.refresh();
      },
      { signal: this.#ending.signal },
    );
  }

  /** The picture is elsewhere, or has another scale. */
  refresh(): void {
    for (const shown of this.#shown.values()) this.#draw(shown);
  }

  /** Idempotent. */
  close(): void {
    this.#stop();
    this.#ending.abort();
    for (const id of [...this.#shown.keys()]) this.#remove(id);
  }

  #moved(place: PointerPlace): void {
    const { viewers } = this.#sharing.state;
    const viewer = viewers.find(({ id }) => id === place.id);
    if (viewer === undefined) return; // Its name is on the way.
    const shown = this.#shown.get(place.id) ?? this.#add(place, viewer);
    shown.place = place;
    clearTimeout(shown.timer);
    shown.timer = setTimeout(() => {
      this.#remove(place.id);
    }, restMs);
    this.#draw(shown);
  }

  #add(
    place: PointerPlace,
    viewer: Parameters<typeof viewerName>[0] & { number: number },
  ): Shown {
    const label = element("span", { text: viewerName(viewer) });
    const made = element(
      "div",
      {
        className: "viewer-pointer",
        attributes: { "aria-hidden": "true", "data-viewer": place.id },
      },
      arrow(),
      label,
    );
    // In the pages of others there are no styles of ours. Golden angle: neighbours differ.
    Object.assign(made.style, {
      position: "fixed",
      top: "0",
      left: "0",
      zIndex: "1",
      color: `hsl(${Math.round(viewer.number * 137.5) % 360}deg 70% 35%)`,
      pointerEvents: "none",
    });
    Object.assign(label.style, {
      position: "absolute",
      top: "16px",
      left: "12px",
      padding: "0 6px",
      borderRadius: "9px",
      background: "currentcolor",
      font: "12px/18px system-ui, sans-serif",
      whiteSpace: "nowrap",
    });
    label.style.setProperty("-webkit-text-fill-color", "#fff");
    const shown: Shown = { element: made, label, place, timer: undefined };
    this.#shown.set(place.id, shown);
    this.#stage.append(made);
    return shown;
  }

  #remove(id: string): void {
    const shown = this.#shown.get(id);
    if (shown === undefined) return;
    clearTimeout(shown.timer);
    shown.element.remove();
    this.#shown.delete(id);
  }

  #draw({ element: drawn, place }: Shown): void {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const at = toPagePoint({
      point: place,
      element: this.#video.getBoundingClientRect(),
      video: { width, height },
      screen: this.#screen() ?? { width: 0, height: 0 },
    });
    const stage = this.#stage.getBoundingClientRect();
    // Where the picture is larger than the window, a part of it is not to be seen.
    drawn.hidden =
      at === undefined ||
      at.x < stage.left ||
      at.y < stage.top ||
      at.x > stage.right ||
      at.y > stage.bottom;
    if (at !== undefined)
      drawn.style.transform = `translate(${at.x}px, ${at.y}px)`;
  }
}

const svgNamespace = "http://www.w3.org/2000/svg";

function arrow(): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, "svg");
  svg.setAttribute("width", "18");
  svg.setAttribute("height", "18");
  const path = document.createElementNS(svgNamespace, "path");
  path.setAttribute("d", "M0 0l5 16 3-7 7-3z");
  path.setAttribute("fill", "currentcolor");
  path.setAttribute("stroke", "#fff");
  svg.append(path);
  return svg;
}
