/**
 * The clipboard of one viewer: policy, bounds and transfers. What the session does with contents is behind
 * {@link SessionClipboard}.
 *
 * Only a viewer with control gets contents, and only such a one puts some in: what is copied in a session is not meant for
 * everybody who looks. One that loses control on the way goes no further, in either direction.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { BulkError, type BulkContent } from "../protocol/bulk-channel.ts";
import type {
  ClientMessage,
  ClipboardFormat,
  ClipboardOfferMessage,
  ClipboardPolicy,
  ClipboardRefusal,
} from "../protocol.ts";
import { withoutControl } from "../viewer-access.ts";
import type {
  OpenFeature,
  ViewerFeature,
  ViewerSide,
} from "../viewer-feature.ts";

type Put = Extract<ClientMessage, { type: "clipboard-put" }>;
type Get = Extract<ClientMessage, { type: "clipboard-get" }>;
type Offer = Omit<ClipboardOfferMessage, "type">;

/** A viewer, as the session sees it. */
export interface ClipboardFollower {
  /** Whether it would get an offer now. */
  wants(): boolean;
  onOffer(offer: Readonly<OfferLike>): void;
}

interface OfferLike {
  readonly serial: number;
  readonly selection: Offer["selection"];
  /** On the clock of `performance.now()`. */
  readonly changedMs: number;
  readonly formats: readonly { format: ClipboardFormat; bytes: number }[];
}

/** What is wanted of the session. */
export interface SessionClipboard {
  /** `undefined` while it is being looked at; followers hear of it. */
  current(): OfferLike | undefined;
  follow(follower: ClipboardFollower): () => void;
  /** @throws StreamSpaceError `no-selection` where it is outdated or does not come, and others. */
  read(
    serial: number,
    format: ClipboardFormat,
    signal: AbortSignal,
  ): Promise<{ bytes: number; content: BulkContent }>;
  /** @returns the serial of what is there now. @throws StreamSpaceError */
  write(
    contents: ReadonlyMap<ClipboardFormat, Uint8Array>,
    from: ClipboardFollower,
  ): Promise<number>;
}

/** What the settings say. */
export interface ClipboardRules {
  policy: ClipboardPolicy;
  /** Most bytes of all formats together. */
  maxBytes: number;
}

/** PNG specification, 5.2. */
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Opens the clipboard for each viewer of a session. */
export function clipboardFeature(
  session: SessionClipboard,
  rules: ClipboardRules,
): OpenFeature {
  const putting = new PuttingTurn();
  return (viewer) => new ViewerClipboard(viewer, { session, rules, putting });
}

/**
 * One put at a time in the whole session, so that what viewers send takes its bound of memory once: a newer one
 * supersedes.
 */
class PuttingTurn {
  #current: AbortController | undefined;

  take(): AbortController {
    this.#current?.abort();
    this.#current = new AbortController();
    return this.#current;
  }
}

class ViewerClipboard implements ViewerFeature, ClipboardFollower {
  readonly handlers = {
    "clipboard-put": (message: Put): void => {
      void this.#onPut(message);
    },
    "clipboard-get": (message: Get): void => {
      void this.#onGet(message);
    },
    "clipboard-ask": (): void => {
      this.#tellAll();
    },
  };
  readonly #viewer: ViewerSide;
  readonly #session: SessionClipboard;
  readonly #rules: ClipboardRules;
  readonly #putting: PuttingTurn;
  readonly #ending = new AbortController();
  readonly #openedMs = performance.now();
  readonly #stopFollowing: () => void;
  #put: AbortController | undefined;
  /** Ends what is on its way to the viewer; a new one for each time that it has control. */
  #controlling = new AbortController();

  constructor(
    viewer: ViewerSide,
    parts: {
      session: SessionClipboard;
      rules: ClipboardRules;
      putting: PuttingTurn;
    },
  ) {
    this.#viewer = viewer;
    this.#session = parts.session;
    this.#rules = parts.rules;
    this.#putting = parts.putting;
    this.#stopFollowing = parts.session.follow(this);
    this.#tellAll();
  }

  wants(): boolean {
    return this.#may("out");
  }

  onOffer({ serial, selection, formats, changedMs }: OfferLike): void {
    this.#viewer.send({
      type: "clipboard-offer",
      ...{ serial, selection, formats: [...formats] },
      fresh: changedMs >= this.#openedMs,
    });
  }

  controlLost(): void {
    this.#controlling.abort();
    this.#controlling = new AbortController();
    this.#put?.abort();
  }

  close(): void {
    this.#stopFollowing();
    this.#put?.abort();
    this.#ending.abort();
  }

  #may(direction: "in" | "out"): boolean {
    const { policy } = this.#rules;
    const isAllowed = policy === direction || policy === "both";
    return isAllowed && this.#viewer.mayControl();
  }

  #tellAll(): void {
    const { policy, maxBytes } = this.#rules;
    this.#viewer.send({
      type: "clipboard-policy",
      policy: this.#viewer.mayControl() ? policy : "off",
      maxBytes,
    });
    if (!this.wants()) return;
    const offer = this.#session.current();
    if (offer !== undefined) this.onOffer(offer);
  }

  /** Never rejects. */
  async #onGet({ serial, format }: Get): Promise<void> {
    const refuse = (reason: ClipboardRefusal): void => {
      this.#viewer.send({
        type: "clipboard-refused",
        ...{ serial, format, reason },
      });
    };
    if (!this.#may("out")) {
      this.#reportForbidden("clipboard-get");
      refuse("not-allowed");
      return;
    }
    const lost = this.#controlling.signal;
    const signal = AbortSignal.any([lost, this.#ending.signal]);
    try {
      const offer = this.#session.current();
      const listed = offer?.formats.find((each) => each.format === format);
      if (offer?.serial !== serial || listed === undefined) {
        refuse("outdated");
        return;
      }
      if (listed.bytes > this.#rules.maxBytes) {
        refuse("too-large");
        return;
      }
      const { bytes, content } = await this.#session.read(
        serial,
        format,
        signal,
      );
      // Reading takes its time. One that has got control back meanwhile asks again, for what is there then.
      if (lost.aborted || !this.#may("out")) {
        refuse("not-allowed");
        return;
      }
      const { transfer, done } = this.#viewer.bulk.send(content, { signal });
      this.#viewer.send({
        type: "clipboard-content",
        ...{ serial, format, bytes, transfer },
      });
      await done;
    } catch (error) {
      // The receiver of a transfer that failed has heard of it.
      if (error instanceof BulkError) return;
      refuse(lost.aborted ? "not-allowed" : refusalOf(error));
    }
  }

  /** Never rejects. */
  async #onPut(message: Put): Promise<void> {
    const { put } = message;
    const refusal = this.#refusalOfPut(message);
    if (refusal !== undefined) {
      if (refusal === "not-allowed") this.#reportForbidden("clipboard-put");
      for (const { transfer } of message.formats) this.#decline(transfer);
      this.#answerPut(put, { reason: refusal });
      return;
    }
    this.#put?.abort();
    const turn = this.#putting.take();
    this.#put = turn;
    try {
      // However long it takes: each transfer ends where it stands still.
      const contents = await this.#receive(message, turn);
      if (!this.#may("in")) {
        this.#answerPut(put, { reason: "not-allowed" });
        return;
      }
      this.#answerPut(put, {
        serial: await this.#session.write(contents, this),
      });
    } catch (error) {
      turn.abort(); // The other formats are of no use without this one.
      this.#answerPut(put, { reason: this.#whyNotPut(error) });
    }
  }

  #whyNotPut(error: unknown): ClipboardRefusal {
    if (!this.#may("in")) return "not-allowed";
    return error instanceof BulkError ? "failed" : refusalOf(error);
  }

  #answerPut(
    put: number,
    result: { serial: number } | { reason: ClipboardRefusal },
  ): void {
    const serial = this.#session.current()?.serial ?? 0;
    this.#viewer.send({
      type: "clipboard-put-done",
      ...{ put, serial },
      ...result,
    });
  }

  #refusalOfPut({ formats }: Put): ClipboardRefusal | undefined {
    if (!this.#may("in")) return "not-allowed";
    const distinct = new Set(formats.map(({ format }) => format));
    if (distinct.size < formats.length) return "failed";
    const bytes = formats.reduce((sum, each) => sum + each.bytes, 0);
    return bytes > this.#rules.maxBytes ? "too-large" : undefined;
  }

  /** Tells the sender that nobody takes a transfer, so that it does not wait for its deadline. */
  #decline(transfer: number): void {
    this.#viewer.send({ type: "bulk-end", transfer, reason: "cancelled" });
  }

  async #receive(
    { formats }: Put,
    { signal }: AbortController,
  ): Promise<Map<ClipboardFormat, Uint8Array>> {
    const contents = await Promise.all(
      formats.map(async ({ format, bytes, transfer }) => {
        const content = new Uint8Array(bytes);
        let at = 0;
        await this.#viewer.bulk.receive(transfer, {
          ...{ bytes, signal },
          onChunk: (chunk) => {
            content.set(chunk, at);
            at += chunk.length;
          },
        });
        if (format === "png" && !isPng(content))
          throw new StreamSpaceError("bad-message", "this is no PNG");
        return [format, content] as const;
      }),
    );
    return new Map(contents);
  }

  #reportForbidden(about: "clipboard-put" | "clipboard-get"): void {
    const { error, message } = this.#viewer.mayControl()
      ? {
          error: "not-allowed" as const,
          message: "the settings of this session do not allow it",
        }
      : withoutControl(this.#viewer.role);
    this.#viewer.report(error, message, about);
  }
}

function isPng(content: Uint8Array): boolean {
  return pngSignature.every((byte, at) => content[at] === byte);
}

function refusalOf(error: unknown): ClipboardRefusal {
  if (!(error instanceof StreamSpaceError)) return "failed";
  switch (error.code) {
    case "too-large":
      return "too-large";
    case "no-selection":
    case "display-unreachable":
    case "closed":
    case "timeout":
      return "unavailable";
    default:
      return "failed";
  }
}
