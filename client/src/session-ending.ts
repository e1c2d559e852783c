/**
 * The agent's word that the session is about to end, and that it has.
 */
import type { LossCause } from "./connection.ts";
import type { ClientFeature, ServerMessageHandlers } from "./feature.ts";

/** `inMs`: the session ends within so many milliseconds. `ended`: it did, and is not back. */
export type Ending =
  | { readonly kind: "ending"; readonly inMs: number }
  | { readonly kind: "ended" };

/** See the module's description. */
export class SessionEnding implements ClientFeature {
  readonly handlers: ServerMessageHandlers = {
    "session-ending": ({ inMs }) => {
      this.#change({ kind: "ending", inMs });
    },
  };
  readonly #onChange: (ending: Ending | undefined) => void;
  #ending: Ending | undefined;

  /** @param onChange is told `undefined` once the page is let in again. */
  constructor(onChange: (ending: Ending | undefined) => void) {
    this.#onChange = onChange;
  }

  onOpen(): void {
    if (this.#ending !== undefined) this.#change(undefined);
  }

  /** A session that had no time to say so first has ended all the same. */
  onClosed(cause?: LossCause): void {
    if (this.#ending !== undefined || cause === "goingAway")
      this.#change({ kind: "ended" });
  }

  #change(ending: Ending | undefined): void {
    this.#ending = ending;
    this.#onChange(ending);
  }
}
