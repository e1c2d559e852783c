/**
 * The panel at the side of the picture, on narrow screens at its foot: sections behind tabs, one of which is shown.
 *
 * While it is closed it is inert, so that no key can get lost in it.
 */
import { element, icon, type IconName } from "../dom.ts";
import { panelStrings } from "../panel-strings.ts";
import {
  activeSection,
  emptyPanel,
  nextPanel,
  type PanelEvent,
  type PanelState,
} from "./panel-state.ts";

/** A section of the panel. */
export interface PanelSection {
  /** A word that stays the same, for it is remembered: letters, digits, `-` and `_`. */
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  readonly element: HTMLElement;
  /** A few characters beside the tab: something wants attention. */
  readonly badge?: string;
}

/** A section that was added. */
export interface AddedSection {
  /** @param badge `undefined` takes it away. */
  setBadge(badge: string | undefined): void;
  /** Takes the section out; idempotent. */
  remove(): void;
}

/** Below this width of the window the panel is a sheet, as in `panel.css`. */
const sheetQuery = "(max-width: 40rem)";

interface Tab {
  button: HTMLButtonElement;
  badge: HTMLElement;
  body: HTMLElement;
}

/** See the module's description. */
export class Panel {
  readonly element: HTMLElement;
  readonly #tabs = new Map<string, Tab>();
  readonly #tabList = element("div", {
    className: "panel-tabs",
    attributes: { role: "tablist", "aria-label": panelStrings.sections },
  });
  readonly #bodies = element("div", { className: "panel-bodies" });
  readonly #title = element("h2", {
    className: "panel-title",
    attributes: { id: "panel-title" },
  });
  readonly #close = element(
    "button",
    {
      className: "tool panel-close",
      attributes: {
        type: "button",
        "aria-label": panelStrings.close,
        title: panelStrings.close,
      },
    },
    icon("close"),
  );
  readonly #onChange: (state: PanelState) => void;
  readonly #onDone: () => void;
  readonly #ending = new AbortController();
  #state: PanelState;

  /**
   * @param options.section what was shown last time.
   * @param options.onChange told of each change; what is to be remembered is {@link PanelState.wanted}.
   * @param options.onDone the panel was closed by its user: the keyboard belongs to the desktop again.
   */
  constructor(options: {
    section: string;
    onChange: (state: PanelState) => void;
    onDone: () => void;
  }) {
    this.#state = emptyPanel(options.section);
    this.#onChange = options.onChange;
    this.#onDone = options.onDone;
    this.element = element(
      "aside",
      {
        className: "panel",
        attributes: { id: "panel", "aria-label": panelStrings.title },
      },
      element("header", { className: "panel-head" }, this.#title, this.#close),
      this.#tabList,
      this.#bodies,
    );
    this.#render();
    this.#listen();
  }

  get isOpen(): boolean {
    return this.#state.open;
  }

  /** Adds a section at the place that it has among the others. */
  addSection(section: PanelSection): AddedSection {
    const { id } = section;
    if (this.#tabs.has(id)) throw new Error(`there is a section ${id} already`);
    const tab = makeTab(section);
    this.#tabs.set(id, tab);
    tab.button.addEventListener("click", () => {
      this.#apply({ type: "select", section: id });
    });
    this.#bodies.append(tab.body);
    this.#apply({ type: "added", section: id });
    const setBadge = (badge: string | undefined): void => {
      tab.badge.textContent = badge ?? "";
      tab.badge.hidden = badge === undefined;
    };
    setBadge(section.badge);
    return {
      setBadge,
      remove: () => {
        if (this.#tabs.get(id) !== tab) return;
        const hadFocus = tab.body.contains(document.activeElement);
        this.#tabs.delete(id);
        tab.body.remove();
        tab.button.remove();
        this.#apply({ type: "removed", section: id });
        if (hadFocus) this.#focusTab();
      },
    };
  }

  /** Opens the panel and gives it the keyboard. */
  open(section?: string): void {
    this.#apply({
      type: "open",
      ...(section === undefined ? {} : { section }),
    });
    this.#focusTab();
  }

  /** Closes the panel, without a word about the keyboard. */
  close(): void {
    this.#apply({ type: "close" });
  }

  toggle(): void {
    if (this.isOpen) this.#leave();
    else this.open();
  }

  /** Ends it for good. */
  dispose(): void {
    this.#ending.abort();
    this.element.remove();
  }

  #leave(): void {
    this.close();
    this.#onDone();
  }

  #listen(): void {
    const { signal } = this.#ending;
    this.#close.addEventListener(
      "click",
      () => {
        this.#leave();
      },
      { signal },
    );
    this.element.addEventListener(
      "keydown",
      (event) => {
        // A browser's own Escape, e.g. of an input method, comes first.
        if (event.key !== "Escape" || event.isComposing) return;
        event.preventDefault();
        this.#leave();
      },
      { signal },
    );
    this.#tabList.addEventListener(
      "keydown",
      (event) => {
        const to = moveOf(event.key);
        if (to === undefined) return;
        event.preventDefault();
        this.#apply({ type: "move", to });
        this.#focusTab();
      },
      { signal },
    );
    // A sheet covers much of what the user now works on.
    document.addEventListener(
      "pointerdown",
      ({ target }) => {
        const outside =
          target instanceof Element && target.closest(".stage") !== null;
        if (outside && matchMedia(sheetQuery).matches) this.close();
      },
      { signal, capture: true },
    );
  }

  #apply(event: PanelEvent): void {
    const state = nextPanel(this.#state, event);
    if (state === this.#state) return;
    this.#state = state;
    this.#render();
    this.#onChange(state);
  }

  #render(): void {
    const { open, sections } = this.#state;
    const active = activeSection(this.#state);
    this.element.classList.toggle("shown", open);
    this.element.inert = !open;
    this.#placeTabs(sections);
    for (const [id, { button, body }] of this.#tabs) {
      const selected = id === active;
      button.setAttribute("aria-selected", String(selected));
      button.tabIndex = selected ? 0 : -1;
      body.hidden = !selected;
      if (!selected) continue;
      this.#title.textContent = body.dataset["title"] ?? "";
      this.#reveal(button);
    }
  }

  /** Not by scrollIntoView and focus, which would scroll the page to a panel that is just coming in. */
  #reveal(button: HTMLButtonElement): void {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = button;
    const list = this.#tabList;
    list.scrollTo({
      left: offsetLeft - (list.clientWidth - offsetWidth) / 2,
      top: offsetTop - (list.clientHeight - offsetHeight) / 2,
    });
  }

  /** Moves only what is out of place: a button that is moved loses the focus. */
  #placeTabs(sections: readonly string[]): void {
    sections.forEach((id, index) => {
      const button = this.#tabs.get(id)?.button;
      const there = this.#tabList.children.item(index);
      if (button === undefined || button === there) return;
      this.#tabList.insertBefore(button, there);
    });
  }

  #focusTab(): void {
    const active = activeSection(this.#state);
    if (!this.isOpen || active === undefined) return;
    this.#tabs.get(active)?.button.focus({ preventScroll: true });
  }
}

function makeTab(section: PanelSection): Tab {
  const { id, title } = section;
  const badge = element("span", { className: "panel-badge" });
  const button = element(
    "button",
    {
      className: "panel-tab",
      attributes: {
        type: "button",
        role: "tab",
        id: `panel-tab-${id}`,
        "aria-controls": `panel-body-${id}`,
      },
    },
    icon(section.icon),
    element("span", { text: title }),
    badge,
  );
  const body = element(
    "div",
    {
      className: "panel-body",
      attributes: {
        id: `panel-body-${id}`,
        role: "tabpanel",
        "aria-labelledby": `panel-tab-${id}`,
        tabindex: "0",
        "data-title": title,
      },
    },
    section.element,
  );
  return { button, badge, body };
}

/** The tabs stand in a column beside the section, and in a row above it where it is narrow. */
function moveOf(
  key: string,
): Extract<PanelEvent, { type: "move" }>["to"] | undefined {
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return "next";
    case "ArrowUp":
    case "ArrowLeft":
      return "previous";
    case "Home":
      return "first";
    case "End":
      return "last";
    default:
      return undefined;
  }
}
