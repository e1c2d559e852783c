/**
 * Clipboard: for browsers that do not let the page at it by themselves, and for text that is typed here.
 */
import { element } from "../dom.ts";
import { panelStrings } from "../panel-strings.ts";
import { renderOn, type Observable } from "./observable.ts";
import type { PanelSection } from "./panel.ts";
import { action, group, hint, labelled, statusLine } from "./parts.ts";

const words = panelStrings.clipboard;
/** What a person puts into a text area; larger things are pasted into the session itself. */
const maxTypedLength = 1_000_000;

export interface ClipboardState {
  /** What the agent allows: into the session, out of it. */
  readonly direction: "off" | "in" | "out" | "both";
  /** Why nothing goes either way, where that is not the session's own rule. */
  readonly why?: string;
  /** What the session's clipboard has, in words; `undefined` where it has nothing. */
  readonly remote: string | undefined;
  /** Something to tell, e.g. that contents were too large. */
  readonly notice?: string;
}

/** What this section wants of the clipboard. */
export interface ClipboardControls extends Observable<ClipboardState> {
  /** Puts text on the session's clipboard. @returns whether it is there. */
  send(text: string): Promise<boolean>;
  /** Copies what the session has to this device; called within a gesture. @returns whether the browser did it. */
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
  readonly #field = element("textarea", {
    attributes: {
      rows: "4",
      maxlength: String(maxTypedLength),
      spellcheck: "false",
    },
  });
  readonly #in: HTMLElement;
  readonly #out: HTMLElement;
  readonly #remote = element("p", { className: "panel-text" });
  readonly #copy: HTMLButtonElement;
  readonly #status = statusLine();
  readonly #stop: () => void;

  constructor(clipboard: ClipboardControls) {
    this.#clipboard = clipboard;
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
    const { direction, remote } = state;
    this.#direction.textContent = state.why ?? words.directions[direction];
    this.#in.hidden = direction === "off" || direction === "out";
    this.#out.hidden = direction === "off" || direction === "in";
    this.#remote.textContent = remote ?? words.remoteNone;
    this.#remote.classList.toggle("empty", remote === undefined);
    this.#copy.disabled = remote === undefined;
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
