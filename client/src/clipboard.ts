/**
 * The clipboard of the page and that of the session, kept alike as far as browser and policy let it.
 */
import {
  clipboardLimits,
  type ClipboardFormat,
  type ClipboardOfferMessage,
  type ClipboardPolicy,
  type ClipboardRefusal,
} from "../../signaling/protocol.ts";
import {
  blobOf,
  contentsOfPaste,
  readUnasked,
  writeItem,
  writeToBrowser,
} from "./browser-clipboard.ts";
import {
  bytesOf,
  contentsOf,
  fingerprint,
  type Contents,
} from "./clipboard-contents.ts";
import { ClipboardLedger } from "./clipboard-ledger.ts";
import { ClipboardError, ClipboardTransfers } from "./clipboard-transfers.ts";
import type {
  AgentLink,
  ClientFeature,
  ServerMessageHandlers,
} from "./feature.ts";

/** What a control of the page shows. */
export interface ClipboardState {
  /** Which way contents may go; `off` without a connection or without control. */
  readonly policy: ClipboardPolicy;
  /** The most bytes that go over. */
  readonly maxBytes: number;
  /** What the session has, with sizes in bytes; empty: nothing. */
  readonly formats: readonly { format: ClipboardFormat; bytes: number }[];
  /** The browser does not have it yet: it is large, or the browser wants a gesture, which {@link ClipboardControl.copyFromSession} may be. */
  readonly isWaiting: boolean;
  /** Why the last attempt failed, until one succeeds. */
  readonly lastError: ClipboardRefusal | "browser" | undefined;
}

/** What a control of the page can do. */
export interface ClipboardControl {
  readonly state: ClipboardState;
  /** Called after each change of {@link state}. @returns the function that ends that. */
  onState(listener: () => void): () => void;
  /**
   * Gives the browser what the session has, whatever its size; to be called in a gesture.
   * @returns whether the browser has it now; {@link state} tells why not.
   */
  copyFromSession(): Promise<boolean>;
  /** Puts text into the session. @returns whether its programs can paste it now. */
  sendText(text: string): Promise<boolean>;
}

/** What became of a paste, before its keys are pressed. */
export type PasteOutcome =
  /** The session has what the browser has, or something newer. */
  | "ready"
  /** It has not, and what it has must not be pasted in its place. */
  | "failed";

/** Who presses the keys for "copy" wants what is copied then, whatever its size. */
const copyGestureMs = 3_000;

/** See the module's description. */
export class Clipboard implements ClientFeature, ClipboardControl {
  readonly handlers: ServerMessageHandlers = {
    "clipboard-policy": ({ policy, maxBytes }) => {
      this.#isTold = true;
      this.#change({ policy, maxBytes });
      // Without offers nobody tells that the session has forgotten something.
      if (policy === "in") this.#ledger.sessionLost();
      void this.browserMayHaveChanged();
    },
    "clipboard-offer": (offer) => {
      void this.#onOffer(offer);
    },
    "clipboard-content": (message) => {
      this.#transfers?.onContent(message);
    },
    "clipboard-refused": (message) => {
      this.#transfers?.onRefused(message);
    },
    "clipboard-put-done": (message) => {
      this.#transfers?.onPutDone(message);
    },
  };
  readonly #ledger = new ClipboardLedger();
  readonly #listeners = new Set<() => void>();
  #link: AgentLink | undefined;
  /** Whether the agent has said what this page may do; it does at first by itself. */
  #isTold = false;
  #transfers: ClipboardTransfers | undefined;
  #offer: ClipboardOfferMessage | undefined;
  /** What the browser did not take. */
  #unwritten: Contents | undefined;
  #copyGestureAtMs = -Infinity;
  /** What the two clipboards are known by: the session's changes are counted. */
  #serial: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #state: ClipboardState = {
    policy: "off",
    maxBytes: 0,
    formats: [],
    isWaiting: false,
    lastError: undefined,
  };

  get state(): ClipboardState {
    return this.#state;
  }

  /** Whether contents may go into the session now. */
  get mayPut(): boolean {
    const { policy } = this.#state;
    return policy === "in" || policy === "both";
  }

  onState(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  onOpen(link: AgentLink): void {
    this.#link = link;
    this.#transfers = new ClipboardTransfers(link);
  }

  onClosed(): void {
    this.#transfers?.close();
    this.#transfers = undefined;
    this.#link = undefined;
    this.#isTold = false;
    this.#offer = undefined;
    this.#unwritten = undefined;
    // What is known of the two clipboards holds, if the session is the same when it comes back.
    this.#change({ policy: "off", formats: [], isWaiting: false });
  }

  /** The viewer was given control, or lost it. */
  controlChanged(): void {
    if (this.#isTold) this.#link?.send({ type: "clipboard-ask" });
  }

  async copyFromSession(): Promise<boolean> {
    const offer = this.#offer;
    const transfers = this.#transfers;
    if (offer === undefined || transfers === undefined) return false;
    if (this.#unwritten !== undefined) return await this.#write(offer);
    const fetched = this.#fetch(offer, transfers, () => true);
    fetched.catch(() => undefined); // The wait below has it.
    // Begun at once: the browser does not count a gesture any more when the content is here.
    const written = writeItem(
      offer.formats.map(
        ({ format }) => [format, blobFrom(fetched, format)] as const,
      ),
    );
    try {
      const contents = await fetched;
      if (await written) {
        this.#wrote(contents, offer);
        return true;
      }
      this.#unwritten = contents;
      return await this.#write(offer);
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async sendText(text: string): Promise<boolean> {
    const contents = contentsOf({ text });
    if (contents.size === 0) return false;
    const outcome = await this.#inTurn(() => this.#put(contents));
    return outcome === "ready";
  }

  /** A paste event of the browser: the session gets what it holds, unless it has it already. */
  paste(data: DataTransfer): Promise<PasteOutcome> {
    const contents = contentsOfPaste(data);
    contents.catch(() => undefined); // The turn below has it.
    return this.#inTurn(async () => this.#bring(await contents, true));
  }

  /** The page has the focus again, so that something else may have been copied. */
  async browserMayHaveChanged(): Promise<void> {
    if (!this.mayPut) return;
    await this.#inTurn(async () => {
      const contents = await readUnasked();
      return contents === undefined ? "ready" : this.#bring(contents, false);
    });
  }

  /** The page has lost the focus. */
  left(): void {
    this.#ledger.left();
  }

  /** The user has pressed a key or a button, by which browsers let a page write. */
  gesture(): void {
    if (this.#offer !== undefined && this.#ledger.mayWrite)
      void this.#write(this.#offer);
  }

  /** The user has pressed the keys for "copy" or "cut". */
  copyKeys(): void {
    this.#copyGestureAtMs = performance.now();
  }

  /** One after the other, so that one does not supersede the one before. */
  #inTurn(action: () => Promise<PasteOutcome>): Promise<PasteOutcome> {
    const turn = this.#turn.then(action).catch((error: unknown) => {
      this.#failed(error);
      return "failed" as const;
    });
    this.#turn = turn;
    return turn;
  }

  #bring(contents: Contents, isPaste: boolean): Promise<PasteOutcome> {
    const isNeeded =
      contents.size > 0 &&
      this.mayPut &&
      this.#ledger.mustSend(fingerprint(contents), isPaste);
    return isNeeded ? this.#put(contents) : Promise.resolve("ready");
  }

  async #put(contents: Contents): Promise<PasteOutcome> {
    try {
      if (this.#transfers === undefined) throw new ClipboardError("failed");
      if (bytesOf(contents) > this.#state.maxBytes)
        throw new ClipboardError("too-large");
      this.#serial = await this.#transfers.put(contents);
      this.#offer = undefined;
      this.#unwritten = undefined;
      this.#ledger.agreed(fingerprint(contents));
      const formats = [...contents].map(([format, { length }]) => ({
        format,
        bytes: length,
      }));
      this.#change({ formats, isWaiting: false, lastError: undefined });
      return "ready";
    } catch (error) {
      this.#failed(error);
      return "failed";
    }
  }

  async #onOffer(offer: ClipboardOfferMessage): Promise<void> {
    this.#offer = offer;
    this.#unwritten = undefined;
    const { formats } = offer;
    const isThere = formats.length > 0;
    this.#change({ formats, isWaiting: isThere, lastError: undefined });
    if (!isThere) {
      this.#ledger.sessionLost();
      return;
    }
    const isKnown = offer.serial === this.#serial;
    this.#serial = offer.serial;
    if (!offer.fresh) {
      if (!isKnown) this.#ledger.sessionHad();
      return;
    }
    this.#ledger.sessionCopied(document.hasFocus());
    const wasAsked = performance.now() - this.#copyGestureAtMs < copyGestureMs;
    const bound = wasAsked ? this.#state.maxBytes : clipboardLimits.eagerBytes;
    const transfers = this.#transfers;
    if (transfers === undefined) return;
    try {
      const contents = await this.#fetch(
        offer,
        transfers,
        ({ bytes }) => bytes <= bound,
      );
      if (this.#offer !== offer || contents.size === 0) return;
      this.#unwritten = contents;
      await this.#write(offer);
    } catch (error) {
      // What is outdated has a successor.
      if (this.#offer === offer) this.#failed(error);
    }
  }

  async #fetch(
    offer: ClipboardOfferMessage,
    transfers: ClipboardTransfers,
    accept: (listed: { bytes: number }) => boolean,
  ): Promise<Contents> {
    const contents = new Map<ClipboardFormat, Uint8Array<ArrayBuffer>>();
    for (const listed of offer.formats)
      if (accept(listed))
        contents.set(
          listed.format,
          await transfers.get(offer.serial, listed.format),
        );
    return contents;
  }

  /** Gives the browser what waits for it. */
  async #write(offer: ClipboardOfferMessage): Promise<boolean> {
    const contents = this.#unwritten;
    if (contents === undefined) return false;
    const isDone = await writeToBrowser(contents);
    if (this.#unwritten !== contents) return isDone;
    if (isDone) this.#wrote(contents, offer);
    else this.#change({ isWaiting: true, lastError: "browser" });
    return isDone;
  }

  #wrote(contents: Contents, offer: ClipboardOfferMessage): void {
    if (this.#offer !== offer) return;
    this.#unwritten = undefined;
    this.#ledger.agreed(fingerprint(contents, { written: true }));
    const isWaiting = contents.size < offer.formats.length;
    this.#change({ isWaiting, lastError: undefined });
  }

  #failed(error: unknown): void {
    const reason = error instanceof ClipboardError ? error.reason : "failed";
    this.#change({ lastError: reason });
  }

  #change(change: Partial<ClipboardState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

async function blobFrom(
  fetched: Promise<Contents>,
  format: ClipboardFormat,
): Promise<Blob> {
  const content = (await fetched).get(format);
  if (content === undefined) throw new ClipboardError("unavailable");
  return blobOf(format, content);
}
