/**
 * Who may see the session: the token, the Origin of the page, and how often an address may be wrong.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../agent/base/clock.ts";
import { TokenBucket } from "./rate-limit.ts";

/** Compares without telling by its time how much of the token was right, or how long it is. */
export function tokensEqual(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

/**
 * Whether a page of `origin` may open a WebSocket. Without an Origin header it is no browser, and
 * cross-site request forgery is not possible.
 *
 * @param options.host the request's Host header.
 * @param options.allowed origins that are allowed in addition to the agent's own; `*` allows any.
 */
export function isOriginAllowed(options: {
  origin: string | undefined;
  host: string | undefined;
  allowed: readonly string[];
}): boolean {
  const { origin, host, allowed } = options;
  if (origin === undefined) return true;
  if (allowed.includes("*") || allowed.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return (
    (url.protocol === "http:" || url.protocol === "https:") &&
    // An origin is a scheme and a host (RFC 6454, section 6.2): no user, no path.
    url.origin === origin &&
    url.host === host
  );
}

/**
 * The token of an `Authorization` header; `undefined` where there is no header, or one of another
 * scheme (RFC 6750, section 2.1; the scheme's case does not matter, RFC 9110, section 11.1).
 */
export function bearerToken(header: string | undefined): string | undefined {
  return /^bearer +(?<token>\S+) *$/i.exec(header ?? "")?.groups?.["token"];
}

/** How long the token of an address that was wrong too often waits before it is looked at, in milliseconds. */
export const guessersWaitMs = 1_000;

/** Wrong tokens an address may try at once, and how fast it earns further tries. */
const failureBurst = 10;
const failuresPerSecond = 1 / 10;
/** Addresses remembered; above it, those that were quiet for longest are forgotten. */
const maxAddresses = 1_024;

/**
 * Counts failures by address. What becomes of an address that is out of tries is the caller's to say:
 * many people may share it, behind a proxy all of them.
 */
export class FailureLimit {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `address` has tries left. */
  allows(address: string): boolean {
    return this.#buckets.get(address)?.empty !== true;
  }

  /** Notes a wrong token. */
  failed(address: string): void {
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      if (this.#buckets.size >= maxAddresses) this.#forgetOldest();
      bucket = new TokenBucket({
        clock: this.#clock,
        ratePerSecond: failuresPerSecond,
        burst: failureBurst,
      });
    } else {
      this.#buckets.delete(address); // Inserted again below: a Map remembers the order of insertion.
    }
    this.#buckets.set(address, bucket);
    bucket.take();
  }

  #forgetOldest(): void {
    const oldest = this.#buckets.keys().next().value;
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
