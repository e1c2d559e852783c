/**
 * Files: into the session and out of it.
 */
import { element } from "../dom.ts";
import type { FileTransfer } from "../file-queue.ts";
import type { FilesState, SessionFile } from "../files-state.ts";
import { bytesWords, fileProblemWords, panelStrings } from "../strings.ts";
import { renderOn, type Observable } from "./observable.ts";
import type { PanelSection } from "./panel.ts";
import { action, group, hint, uniqueId } from "./parts.ts";

const words = panelStrings.files;

/** What this section wants of the feature that moves files. */
export interface FileControls extends Observable<FilesState> {
  upload(files: readonly File[]): void;
  /** Takes what was dropped. */
  drop(data: DataTransfer): void;
  cancel(transfer: string): void;
  /** Forgets the transfers that have ended. */
  clear(): void;
  download(name: string): void;
  /** Looks into the session's folder again. */
  refresh(): void;
}

/** See the module's description. */
export class FilesSection implements PanelSection {
  readonly id = "files";
  readonly title = words.title;
  readonly icon = "files";
  readonly element: HTMLElement;
  readonly #controls: FileControls;
  readonly #upload: HTMLElement;
  readonly #most = hint("");
  readonly #transfers = element("ul", { className: "rows" });
  readonly #transferGroup: HTMLElement;
  readonly #files = element("ul", { className: "rows" });
  /** What there is to say about the list of files. */
  readonly #listWords = element("p", {
    className: "panel-hint",
    attributes: { role: "status" },
  });
  readonly #clear: HTMLButtonElement;
  readonly #folder: HTMLElement;
  readonly #neither = hint(words.neither);
  readonly #rows = new Map<string, TransferRow>();
  readonly #stop: () => void;
  #shownFiles: FilesState["files"];

  constructor(controls: FileControls) {
    this.#controls = controls;
    this.#upload = this.#makeDropZone();
    this.#clear = action(words.clear, () => {
      controls.clear();
    });
    this.#transferGroup = group(words.uploads, this.#transfers, this.#clear);
    this.#folder = group(
      words.folder,
      this.#files,
      this.#listWords,
      action(words.refresh, () => {
        controls.refresh();
      }),
    );
    this.element = element(
      "div",
      {},
      this.#neither,
      this.#upload,
      this.#transferGroup,
      this.#folder,
    );
    this.#stop = renderOn(controls, (state) => {
      this.#render(state);
    });
  }

  close(): void {
    this.#stop();
  }

  #makeDropZone(): HTMLElement {
    const picker = element("input", {
      className: "visually-hidden",
      attributes: { type: "file", multiple: "", id: uniqueId("files") },
    });
    picker.addEventListener("change", () => {
      if (picker.files !== null && picker.files.length > 0)
        this.#controls.upload([...picker.files]);
      picker.value = ""; // So that the same file can be chosen again.
    });
    const zone = element(
      "div",
      { className: "drop-zone" },
      element("span", { text: words.drop }),
      picker,
      element("label", {
        className: "secondary",
        text: words.choose,
        attributes: { for: picker.id },
      }),
      this.#most,
    );
    for (const type of ["dragenter", "dragover"] as const) {
      zone.addEventListener(type, (event) => {
        event.preventDefault();
        zone.classList.add("over");
      });
    }
    zone.addEventListener("dragleave", () => {
      zone.classList.remove("over");
    });
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      if (event.dataTransfer !== null) this.#controls.drop(event.dataTransfer);
    });
    return zone;
  }

  #render(state: FilesState): void {
    const { mayUpload, mayDownload, transfers, files } = state;
    this.#neither.hidden = mayUpload || mayDownload;
    this.#upload.hidden = !mayUpload;
    this.#most.textContent = words.most(state.maxBytes);
    this.#folder.hidden = !mayDownload;
    this.#transferGroup.hidden = transfers.length === 0;
    this.#renderTransfers(state);
    const listWords = listWordsOf(state);
    // A status that is set anew is read out anew.
    if (this.#listWords.textContent !== listWords)
      this.#listWords.textContent = listWords;
    this.#listWords.hidden = listWords === "";
    if (files === this.#shownFiles) return;
    this.#shownFiles = files;
    this.#files.replaceChildren(
      ...(files ?? []).map((file) => this.#fileRow(file)),
    );
  }

  /** Rows stay what they are while their numbers change: one may have the focus. */
  #renderTransfers({ transfers, maxBytes }: FilesState): void {
    const ids = new Set(transfers.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    for (const transfer of transfers) {
      let row = this.#rows.get(transfer.id);
      if (row === undefined) {
        row = new TransferRow(transfer, () => {
          this.#controls.cancel(transfer.id);
        });
        this.#rows.set(transfer.id, row);
        this.#transfers.append(row.element);
      }
      row.show(transfer, maxBytes);
    }
    this.#clear.hidden = transfers.every(isOpen);
  }

  #fileRow({ name, bytes }: SessionFile): HTMLLIElement {
    return element(
      "li",
      { className: "row" },
      rowWords(name, bytesWords(bytes)),
      action(
        words.download,
        () => {
          this.#controls.download(name);
        },
        { label: words.downloadNamed(name) },
      ),
    );
  }
}

class TransferRow {
  readonly element: HTMLLIElement;
  readonly #name = element("span", { className: "row-name" });
  readonly #detail = element("span", { className: "panel-hint" });
  readonly #progress = element("progress", { attributes: { max: "1" } });
  readonly #cancel: HTMLButtonElement;
  #shown: FileTransfer | undefined;

  constructor({ name }: FileTransfer, onCancel: () => void) {
    this.#progress.setAttribute("aria-label", name);
    this.#cancel = action(words.cancel, onCancel, {
      label: words.cancelNamed(name),
    });
    const main = element(
      "div",
      { className: "row-words" },
      this.#name,
      this.#detail,
      this.#progress,
    );
    this.element = element("li", { className: "row" }, main, this.#cancel);
  }

  show(transfer: FileTransfer, maxBytes: number): void {
    // Of many, one or two move.
    if (transfer === this.#shown) return;
    this.#shown = transfer;
    const { name, state, bytes, totalBytes, problem } = transfer;
    this.#name.textContent = name;
    this.#progress.hidden = !isOpen(transfer);
    this.#cancel.hidden = !isOpen(transfer);
    this.#progress.value = totalBytes === 0 ? 0 : bytes / totalBytes;
    const size =
      state === "moving"
        ? `${bytesWords(bytes)} / ${bytesWords(totalBytes)}`
        : bytesWords(totalBytes);
    this.#detail.textContent =
      problem === undefined
        ? `${words.states[state]} · ${words[transfer.direction]} · ${size}`
        : fileProblemWords(problem, maxBytes);
    this.element.classList.toggle("bad", state === "failed");
  }
}

function isOpen({ state }: FileTransfer): boolean {
  return state === "waiting" || state === "moving";
}

function listWordsOf({
  files,
  hasMore,
  listProblem,
  maxBytes,
}: FilesState): string {
  if (listProblem !== undefined) return fileProblemWords(listProblem, maxBytes);
  if (files === undefined) return words.folderAsking;
  if (files.length === 0) return words.folderEmpty;
  return hasMore ? words.folderMore : "";
}

function rowWords(name: string, detail: string): HTMLElement {
  return element(
    "div",
    { className: "row-words" },
    element("span", { className: "row-name", text: name }),
    element("span", { className: "panel-hint", text: detail }),
  );
}
