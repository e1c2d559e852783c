/**
 * What the keyboard's section shows. Pure.
 */
import { panelStrings } from "../strings.ts";

/** Something to choose: keys that are pressed together, or a layout. */
export interface Choice {
  readonly id: string;
  /** What the user reads, e.g. `Ctrl+Alt+Del`. */
  readonly label: string;
}

/** What is shown. The lists are the same objects until they change. */
export interface KeyboardState {
  /** Whether the user may type now. */
  readonly mayType: boolean;
  readonly combinations: readonly Choice[];
  /** Layouts to choose from; empty where there is no choice. */
  readonly layouts: readonly Choice[];
  /** The one that the session has, be it among them or not; `undefined`: the display's own. */
  readonly layout: string | undefined;
}

/** All layouts, and first the one that the session has where it is none of them. */
export function layoutChoices({
  layouts,
  layout,
}: Pick<KeyboardState, "layouts" | "layout">): readonly Choice[] {
  if (layout === undefined)
    return [{ id: "", label: panelStrings.keyboard.layoutOwn }, ...layouts];
  return layouts.some(({ id }) => id === layout)
    ? layouts
    : [{ id: layout, label: layout }, ...layouts];
}
