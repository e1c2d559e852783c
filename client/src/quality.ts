/**
 * Tells the agent what quality is wanted, again after each new connection.
 */
import type { QualityWish } from "../../signaling/protocol/quality.ts";
import type { AgentLink, ClientFeature } from "./feature.ts";

/** See the module's description. */
export class Quality implements ClientFeature {
  readonly handlers = {};
  #wish: QualityWish;
  #link: AgentLink | undefined;

  constructor(wish: QualityWish = {}) {
    this.#wish = wish;
  }

  /** Whether the token lets it say anything; what it was last while there is no connection. */
  isAllowed = true;

  onOpen(link: AgentLink): void {
    this.#link = link;
    this.isAllowed = link.role === "controller";
    // A new connection has no bounds: there is nothing to take back.
    if (Object.keys(this.#wish).length > 0) this.#send();
  }

  onClosed(): void {
    this.#link = undefined;
  }

  set(wish: QualityWish): void {
    this.#wish = wish;
    this.#send();
  }

  #send(): void {
    if (this.isAllowed) this.#link?.send({ type: "quality", ...this.#wish });
  }
}
