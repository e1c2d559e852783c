/**
 * Who else is here, who may act, and what this page can do about it. Without any display of its own: the page shows
 * {@link Sharing.state} and calls the methods.
 *
 * Whatever is asked for here is the agent's to grant; the state changes when it has.
 */
import {
  sharingLimits,
  type ControlMessage,
  type ControlNotice,
  type PointersMessage,
  type PresentViewer,
  type Role,
} from "../../signaling/protocol.ts";
import type {
  AgentLink,
  ClientFeature,
  HelloAddition,
  ServerMessageHandlers,
} from "./feature.ts";

/** The agent answers a request for a link within this, or not at all. */
const shareLinkTimeoutMs = 5_000;

/** What is known now; a new object after each change. Without a connection: what was known last, and no control. */
export interface SharingState {
  readonly isConnected: boolean;
  /** This page, as the others see it; `undefined` before the first connection. */
  readonly viewerId: string | undefined;
  readonly role: Role | undefined;
  readonly mode: ControlMessage["mode"];
  /** Whether this page may act now. */
  readonly mayControl: boolean;
  /** Whether {@link Sharing.requestControl} makes sense. */
  readonly mayAsk: boolean;
  /** Whether this page has asked, and waits. */
  readonly isAsking: boolean;
  /** Viewers that may act. */
  readonly holders: readonly string[];
  /** Viewers that have asked, the one that waits longest first. */
  readonly requests: readonly string[];
  /** Those of them whom this page may answer, by giving or denying. */
  readonly decides: readonly string[];
  /** Control is kept for some seconds for a holder whose connection was lost. */
  readonly isKept: boolean;
  /** Everybody who is here, in the order in which they came, this page too. */
  readonly viewers: readonly PresentViewer[];
}

export type SharingNotice = Pick<ControlNotice, "event" | "by">;
export type PointerPlace = PointersMessage["viewers"][number];

/** Told of changes; none may throw. */
export interface SharingListener {
  onChange?(state: SharingState): void;
  /** Something has happened to this page's control, or to its wish for it. */
  onNotice?(notice: SharingNotice): void;
  /** Pointers of others that have moved, in pixels of the remote screen. */
  onPointers?(places: readonly PointerPlace[]): void;
}

/** Keeps the secret with which this page may come back; see `resume-secret.ts`. */
export interface ResumeKeeper {
  secret: string | undefined;
}

const nobody: SharingState = {
  isConnected: false,
  viewerId: undefined,
  role: undefined,
  mode: "shared",
  mayControl: false,
  mayAsk: false,
  isAsking: false,
  holders: [],
  requests: [],
  decides: [],
  isKept: false,
  viewers: [],
};

interface WaitingLink {
  resolve: (link: string) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** See the module's description. */
export class Sharing implements ClientFeature {
  readonly handlers: ServerMessageHandlers;
  readonly #resume: ResumeKeeper;
  readonly #pageUrl: () => string;
  readonly #onName: ((name: string) => void) | undefined;
  readonly #listeners = new Set<SharingListener>();
  #waitingLinks: WaitingLink[] = [];
  #state = nobody;
  #link: AgentLink | undefined;
  #name: string;

  /**
   * @param options.name what the others are to call this page; empty for nothing.
   * @param options.onName keeps a name that was chosen anew.
   * @param options.pageUrl the address of the page, without which there is no link to it.
   */
  constructor(options: {
    resume: ResumeKeeper;
    name: string;
    onName?: (name: string) => void;
    pageUrl: () => string;
  }) {
    this.#resume = options.resume;
    requireText(options.name, "a name");
    this.#name = bounded(options.name);
    this.#onName = options.onName;
    this.#pageUrl = options.pageUrl;
    this.handlers = {
      welcome: ({ resume }) => {
        this.#resume.secret = resume;
      },
      presence: ({ viewers }) => {
        this.#change({ viewers });
      },
      control: (message) => {
        this.#onControl(message);
      },
      "control-notice": ({ event, by }) => {
        const notice = by === undefined ? { event } : { event, by };
        for (const each of this.#listeners) each.onNotice?.(notice);
      },
      pointers: ({ viewers }) => {
        for (const each of this.#listeners) each.onPointers?.(viewers);
      },
      "share-link": ({ token }) => {
        this.#settleLinks((waiting) => {
          waiting.resolve(linkWith(this.#pageUrl(), token));
        });
      },
      error: ({ about, message }) => {
        if (about !== "share-link") return;
        this.#settleLinks((waiting) => {
          waiting.reject(new Error(message));
        });
      },
    };
  }

  get state(): SharingState {
    return this.#state;
  }

  /** What the others are asked to call this page; they see it as the agent has cleaned it. */
  get name(): string {
    return this.#name;
  }

  /** Tells `listener` of everything from now on. @returns the function that ends that. */
  subscribe(listener: SharingListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** For the hello of the next connection. */
  hello(): HelloAddition {
    const { secret } = this.#resume;
    return {
      ...(this.#name === "" ? {} : { name: this.#name }),
      ...(secret === undefined ? {} : { resume: secret }),
    };
  }

  onOpen(link: AgentLink): void {
    this.#link = link;
    const { viewerId, role } = link;
    this.#change({ isConnected: true, viewerId, role });
  }

  onClosed(): void {
    this.#link = undefined;
    this.#settleLinks((waiting) => {
      waiting.reject(new Error("the connection was lost"));
    });
    this.#change({
      isConnected: false,
      mayControl: false,
      mayAsk: false,
      isAsking: false,
      decides: [],
    });
  }

  /** Asks whoever has control for it; `onNotice` says what came of it. */
  requestControl(): void {
    this.#link?.send({ type: "control-request" });
  }

  /** Hands control to another viewer, whether it has asked or not. */
  giveControl(viewer: string): void {
    requireText(viewer, "the id of a viewer");
    this.#link?.send({ type: "control-give", viewer });
  }

  /** Takes control without asking: controllers only. In a shared session: from those who only look. */
  takeControl(): void {
    this.#link?.send({ type: "control-take" });
  }

  releaseControl(): void {
    this.#link?.send({ type: "control-release" });
  }

  /** Turns another viewer's request down. */
  denyControl(viewer: string): void {
    requireText(viewer, "the id of a viewer");
    this.#link?.send({ type: "control-deny", viewer });
  }

  /** Ends another viewer's visit: controllers only. */
  kick(viewer: string): void {
    requireText(viewer, "the id of a viewer");
    this.#link?.send({ type: "kick", viewer });
  }

  /** Chooses another name, for now and for later connections. */
  rename(name: string): void {
    requireText(name, "a name");
    this.#name = bounded(name);
    this.#onName?.(this.#name);
    this.#link?.send({ type: "rename", name: this.#name });
  }

  /**
   * The address of this page for somebody who is only to look: controllers only.
   * @throws Error where the agent refuses, does not answer within 5 s, or the connection is lost.
   */
  async shareLink(): Promise<string> {
    const link = this.#link;
    if (link === undefined) throw new Error("there is no connection");
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const waiting: WaitingLink = {
      resolve,
      reject,
      timer: setTimeout(() => {
        this.#waitingLinks = this.#waitingLinks.filter(
          (each) => each !== waiting,
        );
        reject(new Error("the session did not answer"));
      }, shareLinkTimeoutMs),
    };
    this.#waitingLinks.push(waiting);
    link.send({ type: "share-link" });
    return await promise;
  }

  #onControl(message: ControlMessage): void {
    const own = this.#state.viewerId ?? this.#link?.viewerId;
    this.#change({
      mode: message.mode,
      mayControl: message.yours,
      mayAsk: message.mayAsk,
      isAsking: own !== undefined && message.requests.includes(own),
      holders: message.holders,
      requests: message.requests,
      decides: message.decides,
      isKept: message.kept,
    });
  }

  #settleLinks(settle: (waiting: WaitingLink) => void): void {
    const all = this.#waitingLinks;
    this.#waitingLinks = [];
    for (const waiting of all) {
      clearTimeout(waiting.timer);
      settle(waiting);
    }
  }

  #change(changes: Partial<SharingState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const each of this.#listeners) each.onChange?.(this.#state);
  }
}

/** The page's address with another token; what else it had in its fragment stays behind. */
export function linkWith(pageUrl: string, token: string): string {
  const url = new URL(pageUrl);
  url.hash = new URLSearchParams({ token }).toString();
  return url.href;
}

/** What a page without types may give. @throws TypeError */
function requireText(value: unknown, what: string): void {
  if (typeof value !== "string") throw new TypeError(`${what} is a string`);
}

/** No longer than the protocol allows, and no half of a character at the end. */
function bounded(name: string): string {
  return name.slice(0, sharingLimits.sentNameLength).toWellFormed().trim();
}
