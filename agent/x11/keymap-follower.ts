/**
 * Follows the keyboard of the server: its map (`setxkbmap` in mid-session), its locks and its group.
 */
import type { Logger } from "../base/log.ts";
import { messageOf } from "../base/errors.ts";
import type { X11Connection } from "./connection.ts";
import type { KeyboardState, XkbRequests } from "./requests.ts";
import type { XkbMap } from "./xkb-map.ts";

/** No key waits longer than this for news about the map; then the old one must do. */
const maxStaleMs = 250;

export interface KeymapFollowerOptions {
  connection: X11Connection;
  xkb: XkbRequests;
  log: Logger;
  /** Read when a map is asked for and handed back with it. */
  revision: () => number;
  onMapping: (mapping: XkbMap, revision: number) => void;
  onState: (state: KeyboardState) => void;
  /** All that was asked for has arrived, or never will. */
  onFresh: () => void;
}

/** One question to the server: at most one under way, at most one more to follow. */
interface Question {
  asking: boolean;
  again: boolean;
}

/**
 * Asks for map and state again after each change that the server tells of, one question at a time. Keys are to wait while
 * what is known is out of date ({@link KeymapFollower.staleUntilMs}), but no longer than {@link maxStaleMs}.
 */
export class KeymapFollower {
  readonly #options: KeymapFollowerOptions;
  readonly #mapping: Question = { asking: false, again: false };
  readonly #state: Question = { asking: false, again: false };
  readonly #unsubscribe: () => void;
  #staleSinceMs: number | undefined;
  #closed = false;

  constructor(options: KeymapFollowerOptions) {
    this.#options = options;
    this.#unsubscribe = options.connection.onEvent((event) => {
      if (event.kind === "mapping") this.refreshMapping();
      // While an answer is under way, an event may be older than what caused the question.
      else if (event.kind === "keyboard-state" && !this.#state.asking)
        options.onState(event.state);
    });
    options.xkb.selectEvents();
  }

  /** Until when keys should wait, because what we know of the keyboard is old; `undefined`: it is not. */
  staleUntilMs(nowMs: number): number | undefined {
    if (this.#staleSinceMs === undefined) return undefined;
    const untilMs = this.#staleSinceMs + maxStaleMs;
    return nowMs < untilMs ? untilMs : undefined;
  }

  /** Asks for locks and group; for after a lock key. */
  refreshState(): void {
    this.#ask(this.#state, async () => {
      this.#options.onState(await this.#options.xkb.getState());
    });
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
  }

  /** Asks for the map, and for locks and group with it. */
  refreshMapping(): void {
    this.#ask(this.#mapping, async () => {
      const revision = this.#options.revision();
      const mapping = await this.#options.xkb.getMap();
      if (this.#closed) return;
      this.#options.onMapping(mapping, revision);
      // The bit of Num Lock may be another one now.
      this.#options.onState(await this.#options.xkb.getState());
    });
  }

  #ask(question: Question, ask: () => Promise<void>): void {
    if (this.#closed) return;
    this.#staleSinceMs ??= performance.now();
    if (question.asking) {
      question.again = true;
      return;
    }
    question.asking = true;
    ask()
      .catch((error: unknown) => {
        // The end of the connection ends the injector too; there is nothing else to do here.
        this.#options.log.debug(
          { reason: messageOf(error) },
          "the keyboard map could not be read",
        );
      })
      .finally(() => {
        question.asking = false;
        if (question.again && !this.#closed) {
          question.again = false;
          this.#ask(question, ask);
        } else if (!this.#mapping.asking && !this.#state.asking) {
          this.#staleSinceMs = undefined;
          this.#options.onFresh();
        }
      });
  }
}
