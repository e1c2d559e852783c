/**
 * The element that a session is in, and the keyboard that it has.
 */
import { element } from "../dom.ts";
import { hasFocus } from "../focus.ts";
import type { InputSender } from "../input-sender.ts";
import type { KeyGate } from "../key-gate.ts";
import { Keyboard } from "../keyboard.ts";
import type { Pointer } from "../pointer.ts";
import { strings } from "../strings.ts";

/** Makes the element around `video` that has the keyboard and the pointer while it has the focus. */
export function makeStage(video: HTMLVideoElement): HTMLElement {
  return element(
    "div",
    {
      className: "stage",
      attributes: {
        tabindex: "-1",
        role: "application",
        "aria-label": strings.stage,
        "aria-description": strings.stageHelp,
      },
    },
    video,
  );
}

/** Lets go of every key and button: the page hears of them no more. */
export function letGo(parts: {
  keyboard: Keyboard;
  pointer: Pointer;
  input: InputSender;
}): void {
  parts.keyboard.leave();
  // Nobody else's business: one without control may not say it.
  if (!parts.input.isHolding) return;
  parts.pointer.released();
  parts.input.releaseAll();
}

/** Makes the keyboard of a stage; what it holds is let go of together with what the pointer holds. */
export function makeKeyboard(parts: {
  stage: HTMLElement;
  input: InputSender;
  gate: KeyGate;
  pointer: Pointer;
  /** The user left the stage by key. */
  onLeave: () => void;
}): Keyboard {
  const { stage, input, gate, pointer } = parts;
  const keyboard = new Keyboard({
    ...{ stage, input, gate },
    onRelease: () => {
      gate.released();
      pointer.released();
      input.releaseAll();
    },
    onLeave: () => {
      stage.blur();
      parts.onLeave();
    },
  });
  // What was held may not have arrived, or its release may not.
  input.onPathLost = () => {
    keyboard.releaseAll();
    pointer.released();
  };
  // A framework may take the stage out of the page without a word.
  input.mayHold = () => hasFocus(stage);
  input.onDeaf = () => {
    letGo({ keyboard, pointer, input });
  };
  return keyboard;
}
