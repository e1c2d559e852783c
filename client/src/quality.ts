/**
 * Tells the agent what quality is wanted, again after each new connection.
 */
import {
  qualityLimits,
  type QualityWish,
} from "../../signaling/protocol/quality.ts";
import type { AgentLink, ClientFeature } from "./feature.ts";

/**
 * A wish as the protocol takes it: whole numbers within its bounds.
 * @throws TypeError where `wish` is no object, or one of its fields no number; RangeError for a number that is not
 * finite.
 */
export function sendableWish(wish: QualityWish): QualityWish {
  const given: unknown = wish;
  if (typeof given !== "object" || given === null)
    throw new TypeError("a quality is an object with maxBps, maxFps or both");
  const { minBps, maxBps, minFps, maxFps } = qualityLimits;
  return {
    ...bounded("maxBps", wish.maxBps, minBps, maxBps),
    ...bounded("maxFps", wish.maxFps, minFps, maxFps),
  };
}

function bounded<Name extends keyof QualityWish>(
  name: Name,
  value: unknown,
  least: number,
  most: number,
): Partial<Record<Name, number>> {
  if (value === undefined) return {};
  if (typeof value !== "number")
    throw new TypeError(`${name} of a quality is a number`);
  if (!Number.isFinite(value))
    throw new RangeError(
      `${name} of a quality is a finite number; left out, it is no bound`,
    );
  const whole = Math.min(Math.max(Math.round(value), least), most);
  return { [name]: whole } as Partial<Record<Name, number>>;
}

/** See the module's description. */
export class Quality implements ClientFeature {
  readonly handlers = {};
  #wish: QualityWish;
  #link: AgentLink | undefined;

  constructor(wish: QualityWish = {}) {
    this.#wish = sendableWish(wish);
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

  /** @throws as {@link sendableWish}. */
  set(wish: QualityWish): void {
    this.#wish = sendableWish(wish);
    this.#send();
  }

  #send(): void {
    if (this.isAllowed) this.#link?.send({ type: "quality", ...this.#wish });
  }
}
