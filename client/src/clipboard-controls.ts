/**
 * What the panel shows and does of the clipboard.
 */
import { clipboardReason } from "./control-words.ts";
import type { ClipboardControl, ClipboardState } from "./clipboard.ts";
import type {
  ClipboardControls,
  ClipboardState as ShownState,
} from "./panel/clipboard-section.ts";
import { bytesWords } from "./file-strings.ts";
import { panelStrings } from "./panel-strings.ts";
import type { Sharing } from "./sharing.ts";

const words = panelStrings.clipboard;

/** For the panel. */
export function clipboardControls(
  clipboard: ClipboardControl,
  sharing: Pick<Sharing, "state" | "subscribe">,
): ClipboardControls {
  return {
    get state(): ShownState {
      return shownState(clipboard.state, sharing.state.mayControl);
    },
    subscribe: (listener) => {
      const stops = [
        clipboard.onState(listener),
        sharing.subscribe({ onChange: listener }),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    send: (text) => clipboard.sendText(text),
    copy: () => clipboard.copyFromSession(),
  };
}

function shownState(
  { policy, formats, lastError }: ClipboardState,
  mayControl: boolean,
): ShownState {
  const why = clipboardReason(policy, mayControl);
  const shown = formats.map(
    ({ format, bytes }) => `${words.formats[format]}, ${bytesWords(bytes)}`,
  );
  return {
    direction: policy,
    ...(why === undefined ? {} : { why }),
    remote: shown.length === 0 ? undefined : shown.join(" · "),
    ...(lastError === undefined ? {} : { notice: words.refusals[lastError] }),
  };
}
