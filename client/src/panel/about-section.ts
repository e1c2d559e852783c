/**
 * About: what this is, how the session is, and which keys the page has.
 */
import type { HealthSnapshot } from "../../../signaling/protocol.ts";
import { element } from "../dom.ts";
import { healthWords } from "../strings.ts";
import { panelStrings } from "../panel-strings.ts";
import type { PanelSection } from "./panel.ts";
import { facts, group, hint } from "./parts.ts";

const words = panelStrings.about;

/** See the module's description. */
export class AboutSection implements PanelSection {
  readonly id = "about";
  readonly title = words.title;
  readonly icon = "about";
  readonly element: HTMLElement;
  readonly #facts = facts();
  readonly #health = element("ul", { className: "panel-list" });

  constructor() {
    const keys = facts();
    keys.set([
      { label: words.leaveKeys, value: words.leaveMeaning },
      { label: words.escape, value: words.escapeMeaning },
    ]);
    keys.element.classList.add("key-facts");
    this.element = element(
      "div",
      {},
      hint(words.words),
      this.#facts.element,
      this.#health,
      group(words.keys, keys.element),
      element("a", {
        text: words.licenses,
        attributes: {
          href: "./licenses.txt",
          target: "_blank",
          rel: "noopener",
        },
      }),
    );
    this.setHealth(undefined);
  }

  setHealth(health: HealthSnapshot | undefined): void {
    const status =
      health === undefined ? words.unknown : words.status[health.status];
    this.#facts.set([
      { label: words.health, value: status },
      ...(health === undefined
        ? []
        : [{ label: words.version, value: health.version }]),
    ]);
    const troubles = healthWords(health);
    this.#health.hidden = troubles.length === 0;
    this.#health.replaceChildren(
      ...troubles.map((text) => element("li", { text })),
    );
  }
}
