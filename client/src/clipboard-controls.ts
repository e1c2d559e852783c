/**
 * What the panel shows and does of the clipboard.
 */
import type { ClipboardControl, ClipboardState } from "./clipboard.ts";
import type {
  ClipboardControls,
  ClipboardState as ShownState,
} from "./panel/clipboard-section.ts";
import { bytesWords, panelStrings } from "./strings.ts";

const words = panelStrings.clipboard;

/** For the panel. */
export function clipboardControls(
  clipboard: ClipboardControl,
): ClipboardControls {
  return {
    get state(): ShownState {
      return shownState(clipboard.state);
    },
    subscribe: (listener) => clipboard.onState(listener),
    send: (text) => clipboard.sendText(text),
    copy: () => clipboard.copyFromSession(),
  };
}

function shownState({
  policy,
  formats,
  lastError,
}: ClipboardState): ShownState {
  const shown = formats.map(
    ({ format, bytes }) => `${words.formats[format]}, ${bytesWords(bytes)}`,
  );
  return {
    direction: policy,
    remote: shown.length === 0 ? undefined : shown.join(" · "),
    ...(lastError === undefined ? {} : { notice: words.refusals[lastError] }),
  };
}
