/**
 * Looks at one candidate: resolves it against what is installed, and proves it unless that is remembered.
 */
import { createHash } from "node:crypto";
import type { ChildSpawner } from "../../agent/base/child-process.ts";
import type { Clock } from "../../agent/base/clock.ts";
import { isTimeout, messageOf } from "../../agent/base/errors.ts";
import type { EncoderCandidate } from "../candidates/candidate.ts";
import { ElementInspector } from "../candidates/installed-element.ts";
import { elementsNeeded, resolveEncoder } from "../candidates/resolve.ts";
import type { VideoEncoder } from "../video-encoding.ts";
import type { installedNames } from "./installed-names.ts";
import {
  nothingRemembered,
  type ProofCache,
  type RememberedProof,
  type RememberedProofs,
} from "./proof-cache.ts";
import { proofArgs, proveEncoder, type ProofResult } from "./prove.ts";

/**
 * The refusal of a card's encoder is believed for so long: all its sessions may have been taken. An agent that is
 * started again and again meanwhile does not wait for a driver that hangs. A software encoder that is refused was
 * out of luck on a busy machine, and is what the others fall back to: it is always tried anew.
 */
export const refusalLastsMs = 3_600_000;

/** What was found. */
export interface Examination {
  result: ProofResult;
  /** As it is installed; `undefined` where it is not, or lacks something. */
  encoder: VideoEncoder | undefined;
  /** The element that is not installed, itself or one that it needs. */
  missing: string | undefined;
  /** No child was started for it. */
  isRemembered: boolean;
}

/** What an examiner is made from. */
export interface ExaminerOptions {
  cache: ProofCache | undefined;
  spawner: ChildSpawner;
  clock: Clock;
  signal: AbortSignal;
  prove: typeof proveEncoder;
  listNames: typeof installedNames;
}

/** See the module's description. */
export class Examiner {
  readonly #options: ExaminerOptions;
  readonly #known: RememberedProofs;
  readonly #inspector: ElementInspector;
  #names: Promise<ReadonlySet<string>> | undefined;
  #hasNews = false;

  constructor(options: ExaminerOptions) {
    this.#options = options;
    this.#known = options.cache?.load() ?? nothingRemembered();
    this.#inspector = new ElementInspector({
      signal: options.signal,
      spawner: options.spawner,
      known: this.#known.elements,
    });
  }

  /**
   * @param niceness of the proof, 0 to 19.
   * @throws StreamSpaceError `aborted`.
   */
  async examine(
    candidate: EncoderCandidate,
    niceness: number,
  ): Promise<Examination> {
    const { element } = candidate;
    const knownElements = this.#known.elements.size;
    let encoder: VideoEncoder | undefined;
    try {
      const unresolved = this.#remembered(element, unresolvedDescription);
      if (unresolved !== undefined) return remembered(unresolved, undefined);
      await this.#noteAbsent(candidate);
      encoder = await resolveEncoder(candidate, this.#inspector);
      const description = descriptionOf(encoder);
      const known = this.#remembered(element, description);
      if (known !== undefined) return remembered(known, encoder);
      const { spawner, signal, prove } = this.#options;
      const result = await prove(encoder, { spawner, signal, niceness });
      this.#remember(candidate, result, description);
      return { result, encoder, missing: undefined, isRemembered: false };
    } catch (error) {
      this.#options.signal.throwIfAborted();
      const result = { state: "refused", reason: messageOf(error) } as const;
      // What is not installed is remembered by its element; a driver that hangs while it is loaded is not.
      if (isTimeout(error))
        this.#remember(candidate, result, unresolvedDescription);
      const isRemembered =
        encoder === undefined &&
        !isTimeout(error) &&
        this.#known.elements.size === knownElements;
      const missing =
        encoder === undefined ? this.#missing(candidate) : undefined;
      return { result, encoder: undefined, missing, isRemembered };
    } finally {
      if (this.#known.elements.size !== knownElements) this.#hasNews = true;
    }
  }

  /** Forgets the proof of an encoder that fails although it was proven, so that the next start proves it anew. */
  forget(element: string): void {
    if (!this.#known.proofs.delete(element)) return;
    this.#hasNews = true;
    this.save();
  }

  /** Remembers what is new. Never throws. */
  save(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.#options.cache?.save(this.#known);
  }

  #remember(
    { element, family }: EncoderCandidate,
    result: ProofResult,
    description: string,
  ): void {
    this.#hasNews = this.#known.proofs.delete(element) || this.#hasNews;
    if (result.state === "refused" && family === "software") return;
    const atMs = this.#options.clock.wallMs();
    this.#known.proofs.set(element, { ...result, description, atMs });
    this.#hasNews = true;
  }

  /** What is remembered of `element`, as described now. */
  #remembered(
    element: string,
    description: string,
  ): RememberedProof | undefined {
    const known = this.#known.proofs.get(element);
    if (known?.description !== description) return undefined;
    if (known.state === "proven") return known;
    const ageMs = this.#options.clock.wallMs() - known.atMs;
    return ageMs >= 0 && ageMs < refusalLastsMs ? known : undefined;
  }

  /** Spares the questions about what is not installed. */
  async #noteAbsent(candidate: EncoderCandidate): Promise<void> {
    const { elements } = this.#known;
    const unknown = elementsNeeded(candidate).filter(
      (name) => !elements.has(name),
    );
    if (unknown.length === 0) return;
    this.#names ??= this.#options
      .listNames(this.#options)
      .catch(() => new Set<string>()); // A list is not worth a session.
    const names = await this.#names;
    if (names.size === 0) return; // It does not tell; each is asked for.
    for (const name of unknown) {
      if (!names.has(name)) elements.set(name, undefined);
    }
  }

  #missing(candidate: EncoderCandidate): string | undefined {
    const { elements } = this.#known;
    return elementsNeeded(candidate).find(
      (name) => elements.has(name) && elements.get(name) === undefined,
    );
  }
}

/** Stands for the description of a candidate that could not be resolved. */
const unresolvedDescription = "";

/** Changes with every word of the launch description. */
function descriptionOf(encoder: VideoEncoder): string {
  return createHash("sha256")
    .update(proofArgs(encoder).join("\0"))
    .digest("hex");
}

function remembered(
  proof: RememberedProof,
  encoder: VideoEncoder | undefined,
): Examination {
  const { state } = proof;
  const result =
    state === "proven"
      ? { state, startMs: proof.startMs, frameMs: proof.frameMs }
      : { state, reason: proof.reason };
  return { result, encoder, missing: undefined, isRemembered: true };
}
