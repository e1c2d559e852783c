/**
 * The layout of the session's keyboard.
 */
import { layoutName } from "../../signaling/protocol.ts";
import type {
  AgentLink,
  ClientFeature,
  ServerMessageHandlers,
} from "./feature.ts";

/** See the module's description. */
export class SessionLayout implements ClientFeature {
  readonly handlers: ServerMessageHandlers = {
    "keyboard-layout": ({ layout }) => {
      this.#current = layout;
      this.#changed();
    },
    error: ({ about }) => {
      // What was chosen is not what the session has.
      if (about === "keyboard-layout") this.#changed();
    },
  };
  readonly #listeners = new Set<() => void>();
  #link: AgentLink | undefined;
  #current = "";

  /** Empty: the display's own, or none is known. */
  get current(): string {
    return this.#current;
  }

  onOpen(link: AgentLink): void {
    this.#link = link;
    this.#changed();
  }

  onClosed(): void {
    this.#link = undefined;
    this.#changed();
  }

  /** Asks for another layout, see {@link layoutName}; anything else is ignored. */
  choose(layout: string): void {
    if (layoutName.test(layout))
      this.#link?.send({ type: "keyboard-layout", layout });
  }

  /** Calls `listener` after each change; returns the function that ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
