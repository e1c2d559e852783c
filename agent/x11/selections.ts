/**
 * What the agent asks of an X server about selections (ICCCM, section 2), as narrow typed interfaces.
 */

/** Atoms that selections are spoken of with; interned when the requests are opened. */
export const selectionAtoms = [
  "CLIPBOARD",
  "TARGETS",
  "TIMESTAMP",
  "INCR",
  "UTF8_STRING",
  "TEXT",
  "text/plain;charset=utf-8",
  "text/plain",
  "text/html",
  "image/png",
  "_STREAMSPACE_TIME",
] as const;
/** Atoms that every X server has. */
export const coreAtoms = ["PRIMARY", "STRING", "ATOM", "INTEGER"] as const;
export type SelectionAtom =
  (typeof selectionAtoms)[number] | (typeof coreAtoms)[number];

/** Content that is carried over. */
export const clipboardFormats = ["text", "html", "png"] as const;
/** `text` is UTF-8. */
export type ClipboardFormat = (typeof clipboardFormats)[number];

/** What a program asks of the owner of a selection. */
export interface SelectionRequest {
  time: number;
  owner: number;
  requestor: number;
  selection: number;
  target: number;
  /** 0 from programs older than ICCCM. */
  property: number;
}

/** Events of selections and of properties. */
export type SelectionEvent =
  | ({ kind: "selection-request" } & SelectionRequest)
  /** The owner has answered; property 0: it does not give that. */
  | {
      kind: "selection-notify";
      requestor: number;
      selection: number;
      target: number;
      property: number;
    }
  /** We are not the owner any more. */
  | { kind: "selection-clear"; owner: number; selection: number; time: number }
  /** XFIXES: somebody is the owner now, or nobody (0); `time` of the ownership. */
  | { kind: "selection-owner"; selection: number; owner: number; time: number }
  | {
      kind: "property";
      window: number;
      atom: number;
      time: number;
      deleted: boolean;
    };

/** A part of a property. */
export interface PropertyPart {
  type: number;
  /** Bytes behind this part. */
  bytesAfter: number;
  data: Buffer;
}

/** See the module's description. Requests without a reply return at once. */
export interface SelectionRequests {
  /** The hidden window that asks and owns. */
  readonly window: number;
  /** The most bytes of a property that one request may write; a multiple of 4. */
  readonly chunkBytes: number;
  readonly atoms: Readonly<Record<SelectionAtom, number>>;
  /** Properties of the hidden window that content arrives in. */
  readonly slots: readonly number[];
  /** From now on `selection-owner` events. */
  watchSelection(selection: number): void;
  setOwner(selection: number, time: number): void;
  ownerOf(selection: number): Promise<number>;
  /** Asks the owner for content in a property of the hidden window. */
  convert(request: {
    selection: number;
    target: number;
    property: number;
    time: number;
  }): void;
  /**
   * Reads a part of a property of the hidden window; `offset` and `bytes` are multiples of 4.
   * @param remove deletes the property where this part is the last.
   */
  readProperty(
    property: number,
    options: { offset: number; bytes: number; remove: boolean },
  ): Promise<PropertyPart>;
  deleteProperty(property: number): void;
  /** @param value bytes, which are sent without a copy and must stay what they are, or words of 32 bits. */
  writeProperty(
    window: number,
    property: number,
    type: number,
    value: Uint8Array | readonly number[],
  ): void;
  /** Appends nothing to a property of the hidden window, whose event tells the time of the server. */
  touch(property: number): void;
  /** Answers a request; property 0 refuses. */
  answer(request: SelectionRequest, property: number): void;
  /** From now on `property` and `destroy` events of another program's window; `false` ends that. */
  followWindow(window: number, follow: boolean): void;
  /** Destroys the hidden window, and with it all ownership. */
  destroy(): void;
}
