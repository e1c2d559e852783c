/**
 * What is said and shown to a page that may not act although it is there, and what can be done about it at once. Pure.
 */
import type { ClipboardPolicy } from "../../signaling/protocol.ts";
import { sharingSummary, type SharingControls } from "./panel/sharing-state.ts";
import { panelStrings } from "./panel-strings.ts";
import type { ScreenMode } from "./screen-mode.ts";
import type { SharingState } from "./sharing.ts";

const words = panelStrings.sharing;

/** A button of a notice. */
export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

type Controls = Pick<SharingControls, "state" | "request" | "take">;

/** The ways to control that the user has now, those that ask first. */
export function controlActions(controls: Controls): NoticeAction[] {
  const { mayAsk, isFree, takes } = controls.state;
  const actions: NoticeAction[] = [];
  if (mayAsk)
    actions.push({
      label: isFree ? words.take : words.request,
      run: () => {
        controls.request();
      },
    });
  if (takes !== undefined)
    actions.push({
      label: takes === "shared" ? words.takeBack : words.take,
      run: () => {
        controls.take();
      },
    });
  return actions;
}

/** Who acts, where this page does not; `undefined` where it does, or where that is not known. */
export function controlStanding(
  sharing: Pick<SharingState, "isConnected" | "mayControl" | "role">,
  controls: Controls,
): string | undefined {
  return sharing.isConnected && !sharing.mayControl
    ? sharingSummary(controls.state)
    : undefined;
}

/** Why the clipboard goes neither way, where that is not the session's own rule. */
export function clipboardReason(
  policy: ClipboardPolicy,
  mayControl: boolean,
): string | undefined {
  return policy === "off" && !mayControl
    ? panelStrings.clipboard.viewersOnly
    : undefined;
}

/** How remote screen and window go together in fact, and what cannot be chosen. */
export function effectiveMode(
  kind: ScreenMode["kind"],
  mayControl: boolean,
): {
  mode: Exclude<ScreenMode["kind"], "fixed">;
  disabled: readonly "follow"[];
} {
  const disabled = mayControl ? [] : (["follow"] as const);
  // A fixed size is chosen elsewhere, and shown scaled; so is a screen that others have sized.
  const isScaled = kind === "fixed" || (kind === "follow" && !mayControl);
  return { mode: isScaled ? "scale" : kind, disabled };
}
