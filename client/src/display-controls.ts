/**
 * What the panel shows and changes of the size of the remote screen.
 */
import { effectiveMode } from "./control-words.ts";
import {
  displayModes,
  type DisplayControls,
  type DisplayState,
} from "./panel/display-section.ts";
import type { ScreenSizeControl } from "./resize.ts";
import type { Sharing } from "./sharing.ts";
import { panelStrings } from "./panel-strings.ts";

const words = panelStrings.display;

/** For the panel. */
export function displayControls(
  sizing: ScreenSizeControl,
  sharing: Pick<Sharing, "state" | "subscribe">,
): DisplayControls {
  return {
    get state(): DisplayState {
      return stateOf(sizing, sharing.state.mayControl);
    },
    subscribe: (listener) => {
      const stops = [
        sizing.onChange(listener),
        sharing.subscribe({ onChange: listener }),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    setMode: (kind) => {
      sizing.setMode({ kind });
    },
  };
}

function stateOf(
  { mode, screen, limits, notice }: ScreenSizeControl,
  mayControl: boolean,
): DisplayState {
  const wishes = mode.kind === "follow" || mode.kind === "fixed";
  return {
    ...effectiveMode(mode.kind, mayControl),
    modes: displayModes,
    screen,
    notice: whyOther({ wishes, mayControl, screen, limits }) ?? notice,
  };
}

/** Why the screen does not do what this page wishes, where that is not its size. */
function whyOther(options: {
  wishes: boolean;
  mayControl: boolean;
  screen: ScreenSizeControl["screen"];
  limits: ScreenSizeControl["limits"];
}): string | undefined {
  if (options.screen === undefined) return undefined;
  if (options.limits === undefined) return words.keeps;
  return options.wishes && !options.mayControl ? words.fixed : undefined;
}
