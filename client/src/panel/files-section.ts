/**
 * Files: into the session and out of it.
 */
import { element } from "../dom.ts";
import { bytesWords, panelStrings } from "../strings.ts";
import { renderOn, type Observable } from "./observable.ts";
import type { PanelSection } from "./panel.ts";
import { action, group, hint, uniqueId } from "./parts.ts";

const words = panelStrings.files;

/** A file on its way. */
export interface FileTransfer {
  readonly id: string;
  readonly name: string;
  readonly direction: "upload" | "download";
  readonly state: "waiting" | "moving" | "done" | "failed" | "cancelled";
  readonly bytes: number;
  /** Size of the whole. */
  readonly totalBytes: number;
  /** Of one that failed: why, in a sentence. */
  readonly problem?: string;
}

/** A file in the session's folder. */
export interface SessionFile {
  readonly name: string;
  readonly bytes: number;
}

export interface FilesState {
  readonly mayUpload: boolean;
  readonly mayDownload: boolean;
  readonly transfers: readonly FileTransfer[];
  /** `undefined`: not asked for yet. */
  readonly files: readonly SessionFile[] | undefined;
}

/** What this section wants of the feature that moves files. */
export interface FileControls extends Observable<FilesState> {
  upload(files: readonly File[]): void;
  cancel(transfer: string): void;
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
  readonly #transfers = element("ul", { className: "rows" });
  readonly #transferGroup: HTMLElement;
  readonly #files = element("ul", { className: "rows" });
  readonly #empty = hint(words.folderEmpty);
  readonly #folder: HTMLElement;
  readonly #neither = hint(words.neither);
  readonly #rows = new Map<string, TransferRow>();
  readonly #stop: () => void;
  #shownFiles: FilesState["files"];

  constructor(controls: FileControls) {
    this.#controls = controls;
    this.#upload = this.#makeDropZone();
    this.#transferGroup = group(words.uploads, this.#transfers);
    this.#folder = group(
      words.folder,
      this.#files,
      this.#empty,
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
    const give = (files: FileList | null | undefined): void => {
      if (files != null && files.length > 0) this.#controls.upload([...files]);
    };
    picker.addEventListener("change", () => {
      give(picker.files);
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
      give(event.dataTransfer?.files);
    });
    return zone;
  }

  #render(state: FilesState): void {
    const { mayUpload, mayDownload, transfers, files } = state;
    this.#neither.hidden = mayUpload || mayDownload;
    this.#upload.hidden = !mayUpload;
    this.#folder.hidden = !mayDownload;
    this.#transferGroup.hidden = transfers.length === 0;
    this.#renderTransfers(transfers);
    this.#empty.hidden = files?.length !== 0;
    if (files === this.#shownFiles) return;
    this.#shownFiles = files;
    this.#files.replaceChildren(
      ...(files ?? []).map((file) => this.#fileRow(file)),
    );
  }

  /** Rows stay what they are while their numbers change: one may have the focus. */
  #renderTransfers(transfers: readonly FileTransfer[]): void {
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
      row.show(transfer);
    }
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
  readonly #detail = element("span", { className: "panel-hint" });
  readonly #progress = element("progress", { attributes: { max: "1" } });
  readonly #cancel: HTMLButtonElement;

  constructor({ name }: FileTransfer, onCancel: () => void) {
    this.#progress.setAttribute("aria-label", name);
    this.#cancel = action(words.cancel, onCancel, {
      label: words.cancelNamed(name),
    });
    const main = rowWords(name, this.#detail);
    main.append(this.#progress);
    this.element = element("li", { className: "row" }, main, this.#cancel);
  }

  show({ state, bytes, totalBytes, problem }: FileTransfer): void {
    const isOpen = state === "waiting" || state === "moving";
    this.#progress.hidden = !isOpen;
    this.#cancel.hidden = !isOpen;
    this.#progress.value = totalBytes === 0 ? 1 : bytes / totalBytes;
    const size =
      state === "moving"
        ? `${bytesWords(bytes)} / ${bytesWords(totalBytes)}`
        : bytesWords(totalBytes);
    this.#detail.textContent = problem ?? `${words.states[state]} · ${size}`;
    this.element.classList.toggle("bad", state === "failed");
  }
}

function rowWords(name: string, detail: string | HTMLElement): HTMLElement {
  return element(
    "div",
    { className: "row-words" },
    element("span", { className: "row-name", text: name }),
    typeof detail === "string"
      ? element("span", { className: "panel-hint", text: detail })
      : detail,
  );
}
