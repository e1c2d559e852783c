/**
 * Files that are dropped on the page: shows what will become of them while they are above it, and takes them.
 *
 * Without it a browser leaves the page for a file that is dropped.
 */
import { element, icon } from "./dom.ts";
import { strings } from "./strings.ts";

/** What dropping is for. */
export interface DropTarget {
  readonly state: { readonly mayUpload: boolean };
  drop(data: DataTransfer): void;
}

/** Browsers say that something is above the page every 350 ms at least; a leave is not always said. */
const goneMs = 700;

/** See the module's description. Keyboards have the button in the panel. */
export class FileDrop {
  readonly #target: DropTarget;
  readonly #words = element("p");
  readonly #overlay: HTMLElement;
  readonly #ending = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parent: HTMLElement, target: DropTarget) {
    this.#target = target;
    this.#overlay = element(
      "div",
      { className: "drop-overlay", attributes: { "aria-hidden": "true" } },
      element("div", {}, icon("files"), this.#words),
    );
    this.#overlay.hidden = true;
    parent.append(this.#overlay);
    this.#listen();
  }

  /** Ends what listens; idempotent. */
  close(): void {
    this.#ending.abort();
    this.#hide();
    this.#overlay.remove();
  }

  #listen(): void {
    const { signal } = this.#ending;
    for (const type of ["dragenter", "dragover"] as const) {
      document.addEventListener(
        type,
        (event) => {
          if (!hasFiles(event)) return;
          const isTaken = event.defaultPrevented;
          event.preventDefault();
          // Part of the panel has it.
          if (isTaken) this.#hide();
          else this.#show(event);
        },
        { signal },
      );
    }
    document.addEventListener(
      "dragleave",
      ({ relatedTarget }) => {
        if (relatedTarget === null) this.#hide();
      },
      { signal },
    );
    document.addEventListener(
      "drop",
      (event) => {
        this.#hide();
        if (!hasFiles(event) || event.defaultPrevented) return;
        event.preventDefault();
        if (event.dataTransfer !== null) this.#target.drop(event.dataTransfer);
      },
      { signal },
    );
  }

  #show({ dataTransfer }: DragEvent): void {
    const { mayUpload } = this.#target.state;
    if (dataTransfer !== null)
      dataTransfer.dropEffect = mayUpload ? "copy" : "none";
    this.#words.textContent = mayUpload
      ? strings.dropFiles
      : strings.filesNotTaken;
    this.#overlay.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#hide();
    }, goneMs);
  }

  #hide(): void {
    clearTimeout(this.#timer);
    this.#overlay.hidden = true;
  }
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") ?? false;
}
