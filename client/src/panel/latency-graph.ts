/**
 * Delay over the last minute, drawn as SVG, so that colours and sharpness follow the page.
 */
import { element } from "../dom.ts";
import type { StatsSnapshot } from "../stats.ts";
import { graphWords, panelStrings } from "../panel-strings.ts";
import { ceilingOf, History, pathOf } from "./graph-math.ts";

const namespace = "http://www.w3.org/2000/svg";
/** Units of the drawing; it is stretched to the width that there is. */
const width = 240;
const height = 80;
/** One a second. */
const sampleCount = 60;

/** See the module's description. */
export class LatencyGraph {
  readonly element: HTMLElement;
  readonly #roundTrip = new History(sampleCount);
  readonly #inBrowser = new History(sampleCount);
  readonly #drawing = makeDrawing();
  readonly #top = element("span", { className: "graph-top" });

  constructor() {
    const { roundTrip, inBrowser } = panelStrings.quality;
    this.element = element(
      "figure",
      { className: "graph" },
      element(
        "div",
        { className: "graph-area" },
        this.#drawing.svg,
        this.#top,
        element("span", { className: "graph-zero", text: "0" }),
      ),
      element(
        "figcaption",
        {},
        element("span", { className: "key key-round-trip", text: roundTrip }),
        element("span", { className: "key key-browser", text: inBrowser }),
      ),
    );
    this.#draw();
  }

  /** @param stats of the last second; `undefined` where there is no connection. */
  add(stats: StatsSnapshot | undefined): void {
    this.#roundTrip.add(stats?.roundTripMs);
    const { bufferMs, decodeMs } = stats ?? {};
    this.#inBrowser.add(
      bufferMs === undefined ? undefined : bufferMs + (decodeMs ?? 0),
    );
    this.#draw();
  }

  #draw(): void {
    const both = [this.#roundTrip, this.#inBrowser];
    const worst = Math.max(...both.map((history) => history.worst ?? 0));
    const ceiling = ceilingOf(worst);
    this.#top.textContent = `${ceiling} ms`;
    const options = { width, height, ceiling, count: sampleCount };
    both.forEach((history, index) => {
      const path = this.#drawing.paths[index];
      path?.setAttribute("d", pathOf(history.samples, options));
    });
    this.#drawing.svg.setAttribute(
      "aria-label",
      graphWords(this.#roundTrip.latest, this.#roundTrip.worst),
    );
  }
}

function makeDrawing(): { svg: SVGSVGElement; paths: SVGPathElement[] } {
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  const add = (className: string, path: string): SVGPathElement => {
    const line = document.createElementNS(namespace, "path");
    line.setAttribute("class", className);
    line.setAttribute("d", path);
    svg.append(line);
    return line;
  };
  for (const part of [0, 0.5, 1])
    add("graph-grid", `M0 ${height * part}H${width}`);
  return {
    svg,
    paths: [add("graph-round-trip", ""), add("graph-browser", "")],
  };
}
