/**
 * Made-up states of the features.
 */
import type { ClipboardState } from "../src/panel/clipboard-section.ts";
import type { DisplayState } from "../src/panel/display-section.ts";
import type { FilesState } from "../src/files-state.ts";
import type { KeyboardState } from "../src/panel/keyboard-state.ts";
import type { Observable } from "../src/panel/observable.ts";
import type { SharingState } from "../src/panel/sharing-state.ts";

/** A state that can be set. */
export class Sample<State> implements Observable<State> {
  readonly #listeners = new Set<() => void>();
  #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  set(state: State): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const clipboardState: ClipboardState = {
  direction: "both",
  remote: "Text, 12 kB · Formatted text, 48 kB",
};

export const displayState: DisplayState = {
  mode: "follow",
  modes: ["follow", "scale", "actual"],
  screen: { width: 1_920, height: 1_080 },
};

const combinations = [
  "Ctrl+Alt+Del",
  "Super",
  "Alt+Tab",
  "Alt+F4",
  "Ctrl+W",
  "Ctrl+T",
  "F11",
  "Print",
  "Esc",
];
export const keyboardState: KeyboardState = {
  mayType: true,
  combinations: combinations.map((label) => ({ id: label, label })),
  layouts: [
    { id: "us", label: "English (US)" },
    { id: "de", label: "German" },
    { id: "fr", label: "French" },
  ],
  layout: "de",
};

export const filesState: FilesState = {
  mayUpload: true,
  mayDownload: true,
  maxBytes: 1_073_741_824,
  hasMore: false,
  listProblem: undefined,
  transfers: [
    {
      id: "1",
      name: "holiday pictures of last summer, all of them.zip",
      direction: "upload",
      state: "moving",
      bytes: 31_400_000,
      totalBytes: 84_000_000,
    },
    {
      id: "2",
      name: "notes.txt",
      direction: "upload",
      state: "done",
      bytes: 1_204,
      totalBytes: 1_204,
    },
    {
      id: "3",
      name: "disk.img",
      direction: "upload",
      state: "failed",
      bytes: 0,
      totalBytes: 9_100_000_000,
      problem: "too-large",
    },
  ],
  files: [
    { name: "report.pdf", bytes: 482_113, modifiedMs: 1_790_000_000_000 },
    { name: "drawing.svg", bytes: 9_310, modifiedMs: 1_780_000_000_000 },
  ],
};

export const sharingState: SharingState = {
  mayControl: true,
  isFree: false,
  mayAsk: false,
  takes: undefined,
  mayRelease: true,
  name: "Ada",
  mayRemove: true,
  link: "https://desktop.example/#token=viewer-0PK5xyzabc",
  people: [
    person("1", "Ada", { isSelf: true, hasControl: true }),
    person("2", "Grace", { asks: true, mayGive: true, mayRefuse: true }),
    person("3", "Guest 3"),
  ],
};

function person(
  id: string,
  name: string,
  more: Partial<SharingState["people"][number]> = {},
): SharingState["people"][number] {
  return {
    ...{ id, name, isSelf: false, hasControl: false, asks: false },
    ...{ mayGive: false, mayRefuse: false },
    ...more,
  };
}
