/**
 * Quality: what is wanted, and what there is.
 */
import { element } from "../dom.ts";
import { presetNames, type PresetName } from "../quality-presets.ts";
import type { StatsSnapshot } from "../stats.ts";
import { panelStrings } from "../panel-strings.ts";
import { statsLines } from "../strings.ts";
import { LatencyGraph } from "./latency-graph.ts";
import type { PanelSection } from "./panel.ts";
import { choices, facts, group, hint, toggle } from "./parts.ts";

const words = panelStrings.quality;
/** Figures that are shown without asking. */
const firstLines = 6;

/** See the module's description. */
export class QualitySection implements PanelSection {
  readonly id = "quality";
  readonly title = words.title;
  readonly icon = "quality";
  readonly element: HTMLElement;
  readonly #graph = new LatencyGraph();
  readonly #first = facts();
  readonly #more = facts();
  readonly #presets;
  readonly #viewersOnly = hint(words.viewersOnly);
  readonly #figures;

  constructor(options: {
    preset: PresetName;
    figures: boolean;
    onPreset: (preset: PresetName) => void;
    /** Whether the figures are to lie over the picture. */
    onFigures: (shown: boolean) => void;
  }) {
    this.#presets = choices({
      legend: words.legend,
      choices: presetNames.map((value) => ({ value, ...words.presets[value] })),
      onChange: options.onPreset,
    });
    this.#presets.set(options.preset);
    this.#figures = toggle(words.overPicture, options.onFigures);
    this.#figures.input.checked = options.figures;
    this.#viewersOnly.hidden = true;
    this.element = element(
      "div",
      {},
      this.#presets.element,
      this.#viewersOnly,
      group(words.graph, this.#graph.element, this.#first.element),
      element(
        "details",
        { className: "panel-more" },
        element("summary", { text: words.more }),
        this.#more.element,
      ),
      this.#figures.element,
    );
    this.setStats(undefined, undefined);
  }

  /** Only who controls the session may choose. */
  setAllowed(allowed: boolean): void {
    this.#presets.element.disabled = !allowed;
    this.#viewersOnly.hidden = allowed;
  }

  /** The figures of a second. @param encoder what the agent says it uses. */
  setStats(
    stats: StatsSnapshot | undefined,
    encoder: string | undefined,
  ): void {
    if (stats !== undefined) this.#graph.add(stats);
    const lines = statsLines(stats, encoder);
    this.#first.set(lines.slice(0, firstLines));
    this.#more.set(lines.slice(firstLines));
  }
}
