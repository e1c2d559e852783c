/**
 * Clipboard: for browsers that do not let the page at it by themselves, and for text that is typed here.
 */
import { element } from "../dom.ts";
import { panelStrings } from "../strings.ts";
import { renderOn, type Observable } from "./observable.ts";
import type { PanelSection } from "./panel.ts";
import { action, group, hint, labelled, statusLine, toggle } from "./parts.ts";

const words = panelStrings.clipboard;
/** What a person puts into a text area; larger things are pasted into the session itself. */
const maxTypedLength = 1_000_000;
/** Of the session's text this much is shown. */
const maxShownLength = 2_000;

export interface ClipboardState {
  /** What the agent allows: into the session, out of it. */
  readonly direction: "off" | "in" | "out" | "both";
  /** Whether both clipboards follow each other. */
  readonly sync: boolean;
  /** Text on the session's clipboard; `undefined` where there is none, or none that is known. */
  readonly remoteText: string | undefined;
  /** Something to tell, e.g. that contents were too large. */
  readonly notice?: string;
}

/** What this section wants of the clipboard. */
export interface ClipboardControls extends Observable<ClipboardState> {
  setSync(on: boolean): void;
  /** Puts text on the session's clipboard. @returns whether it is there. */
  send(text: string): Promise<boolean>;
  /** Copies the session's text to this device; called within a gesture. @returns whether the browser did it. */
  copy(): Promise<boolean>;
}

/** See the module's description. */
export class ClipboardSection implements PanelSection {
  readonly id = "clipboard";
  readonly title = words.title;
  readonly icon = "clipboard";
  readonly element: HTMLElement;
  readonly #clipboard: ClipboardControls;
  readonly #direction = hint("");
  readonly #sync;
  readonly #field = element("textarea", {
    attributes: {
      rows: "4",
      maxlength: String(maxTypedLength),
      spellcheck: "false",
    },
  });
  readonly #in: HTMLElement;
  readonly #out: HTMLElement;
  readonly #remote = element("pre", {
    className: "panel-text",
    attributes: { tabindex: "0", role: "group", "aria-label": words.remote },
  });
  readonly #copy: HTMLButtonElement;
  readonly #status = statusLine();
  readonly #stop: () => void;

  constructor(clipboard: ClipboardControls) {
    this.#clipboard = clipboard;
    this.#sync = toggle(words.sync, (on) => {
      clipboard.setSync(on);
    });
    this.#copy = action(words.copy, () => {
      this.#tell(clipboard.copy(), words.copied, words.copyFailed);
    });
    this.#in = element(
      "div",
      { className: "panel-group" },
      labelled(words.text, this.#field, words.textHint),
      action(
        words.send,
        () => {
          this.#send();
        },
        { primary: true },
      ),
    );
    this.#out = group(words.remote, this.#remote, this.#copy);
    this.element = element(
      "div",
      {},
      this.#direction,
      this.#sync.element,
      this.#in,
      this.#out,
      this.#status,
    );
    this.#stop = renderOn(clipboard, (state) => {
      this.#render(state);
    });
  }

  close(): void {
    this.#stop();
  }

  #render(state: ClipboardState): void {
    const { direction, remoteText } = state;
    this.#direction.textContent = words.directions[direction];
    this.#sync.element.hidden = direction === "off";
    this.#sync.input.checked = state.sync;
    this.#in.hidden = direction === "off" || direction === "out";
    this.#out.hidden = direction === "off" || direction === "in";
    this.#remote.textContent =
      remoteText === undefined
        ? words.remoteNone
        : remoteText.slice(0, maxShownLength);
    this.#remote.classList.toggle("empty", remoteText === undefined);
    this.#copy.disabled = remoteText === undefined;
    if (state.notice !== undefined) this.#status.textContent = state.notice;
  }

  #send(): void {
    const text = this.#field.value;
    if (text === "") {
      this.#field.focus();
      return;
    }
    this.#tell(this.#clipboard.send(text), words.sent, undefined);
  }

  /** Says how it went. @param failed `undefined`: the feature's own notice says it. */
  #tell(
    outcome: Promise<boolean>,
    done: string,
    failed: string | undefined,
  ): void {
    outcome.then(
      (ok) => {
        const said = ok ? done : failed;
        if (said !== undefined) this.#status.textContent = said;
      },
      () => {
        this.#status.textContent = failed ?? words.copyFailed;
      },
    );
  }
}
