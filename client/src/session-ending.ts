/**
 * The agent's word that the session is about to end.
 */
import type { ClientFeature, ServerMessageHandlers } from "./feature.ts";

/** See the module's description. */
export class SessionEnding implements ClientFeature {
  readonly handlers: ServerMessageHandlers = {
    "session-ending": ({ inMs }) => {
      this.#onChange(inMs);
    },
  };
  readonly #onChange: (inMs: number | undefined) => void;

  /** @param onChange is told the milliseconds that are left, and `undefined` once the connection is gone. */
  constructor(onChange: (inMs: number | undefined) => void) {
    this.#onChange = onChange;
  }

  onClosed(): void {
    this.#onChange(undefined);
  }
}
