/**
 * Which section of the panel is shown, and whether the panel is. Pure.
 */

/** The order of the sections that are known; others follow in the order in which they came. */
const knownOrder = [
  "quality",
  "sound",
  "display",
  "clipboard",
  "keyboard",
  "files",
  "sharing",
];
/** What stands behind all others. */
const last = "about";

export interface PanelState {
  readonly open: boolean;
  /** Identifiers of the sections, in the order in which they are shown. */
  readonly sections: readonly string[];
  /** The section that the user chose, which may come later than the choice is remembered. */
  readonly wanted: string;
}

export type PanelEvent =
  | { type: "open"; section?: string }
  | { type: "close" }
  | { type: "toggle" }
  | { type: "added"; section: string }
  | { type: "removed"; section: string }
  | { type: "select"; section: string }
  /** With the arrow keys: from the shown section to a neighbour, around the ends; or to an end. */
  | { type: "move"; to: "next" | "previous" | "first" | "last" };

/** A panel without sections. @param wanted what was chosen last time. */
export function emptyPanel(wanted: string): PanelState {
  return { open: false, sections: [], wanted };
}

/** The section that is shown: the wanted one, or the first; `undefined` where there is none. */
export function activeSection(state: PanelState): string | undefined {
  return state.sections.includes(state.wanted)
    ? state.wanted
    : state.sections[0];
}

/** The state after `event`; the same object where the event changes nothing. */
export function nextPanel(state: PanelState, event: PanelEvent): PanelState {
  switch (event.type) {
    case "open":
      return state.open && event.section === undefined
        ? state
        : { ...state, open: true, wanted: event.section ?? state.wanted };
    case "close":
      return state.open ? { ...state, open: false } : state;
    case "toggle":
      return { ...state, open: !state.open };
    case "added":
      return state.sections.includes(event.section)
        ? state
        : { ...state, sections: inOrder([...state.sections, event.section]) };
    case "removed":
      return state.sections.includes(event.section)
        ? {
            ...state,
            sections: state.sections.filter((each) => each !== event.section),
          }
        : state;
    case "select":
      return state.sections.includes(event.section)
        ? { ...state, wanted: event.section }
        : state;
    case "move":
      return moved(state, event.to);
  }
}

function moved(
  state: PanelState,
  to: Extract<PanelEvent, { type: "move" }>["to"],
): PanelState {
  const { sections } = state;
  const active = activeSection(state);
  if (active === undefined) return state;
  const index = sections.indexOf(active);
  const target = {
    next: sections[(index + 1) % sections.length],
    previous: sections.at(index - 1),
    first: sections[0],
    last: sections.at(-1),
  }[to];
  return target === undefined || target === state.wanted
    ? state
    : { ...state, wanted: target };
}

function inOrder(sections: readonly string[]): string[] {
  const rank = (section: string): number => {
    if (section === last) return knownOrder.length + 1;
    const index = knownOrder.indexOf(section);
    return index === -1 ? knownOrder.length : index;
  };
  // Sorting is stable: equals stay as they came.
  return [...sections].sort((a, b) => rank(a) - rank(b));
}
