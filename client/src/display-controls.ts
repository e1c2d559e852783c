/**
 * What the panel shows and changes of the size of the remote screen.
 */
import {
  displayModes,
  type DisplayControls,
  type DisplayState,
} from "./panel/display-section.ts";
import type { ScreenSizeControl } from "./resize.ts";
import { panelStrings } from "./strings.ts";

/** For the panel. */
export function displayControls(sizing: ScreenSizeControl): DisplayControls {
  return {
    get state(): DisplayState {
      return stateOf(sizing);
    },
    subscribe: (listener) => sizing.onChange(listener),
    setMode: (kind) => {
      sizing.setMode({ kind });
    },
  };
}

function stateOf(sizing: ScreenSizeControl): DisplayState {
  const { mode, screen, limits, notice } = sizing;
  const keeps = screen !== undefined && limits === undefined;
  return {
    // A fixed size is chosen elsewhere, and shown scaled.
    mode: mode.kind === "fixed" ? "scale" : mode.kind,
    modes: displayModes,
    screen,
    mayChange: true,
    notice: keeps ? panelStrings.display.keeps : notice,
  };
}
