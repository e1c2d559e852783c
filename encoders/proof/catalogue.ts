/**
 * Which encoders work here: each candidate is resolved against what is installed, and proven by encoding real
 * frames. The best one of each codec comes first, so that a session need not wait for the rest.
 */
import type { ChildSpawner } from "../../agent/base/child-process.ts";
import type { Clock } from "../../agent/base/clock.ts";
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { once, type Closable } from "../../agent/base/shutdown.ts";
import type { EncoderCandidate } from "../candidates/candidate.ts";
import { encoderCandidates } from "../candidates/encoder-candidates.ts";
import type {
  EncoderFamily,
  VideoEncoder,
  VideoPipelineCodec,
} from "../video-encoding.ts";
import { orderedCandidates, type EncoderChoice } from "./encoder-order.ts";
import { Examiner } from "./examiner.ts";
import { installedNames } from "./installed-names.ts";
import type { ProofCache } from "./proof-cache.ts";
import { proveEncoder } from "./prove.ts";

/** What is known of a candidate. */
export interface CandidateReport {
  element: string;
  codec: VideoPipelineCodec;
  family: EncoderFamily;
  state: "untested" | "proving" | "proven" | "refused";
  /** Wall clock of the last change of state, in milliseconds since 1970. */
  sinceMs: number;
  /** Of a refused one: why. */
  reason?: string;
  /** Of a refused one: the element that is not installed, itself or one that it needs. */
  missing?: string;
  /** Of a proven one: from the start of its child to its first packet, and per frame. */
  startMs?: number;
  frameMs?: number;
  /** Found by an earlier start of the agent. */
  isRemembered?: boolean;
}

/** What a catalogue is made from. */
export interface CatalogueOptions {
  choice: EncoderChoice;
  cache: ProofCache | undefined;
  spawner: ChildSpawner;
  clock: Clock;
  /** Proves one encoder. */
  prove?: typeof proveEncoder;
  /** Lists the elements that are installed. */
  listNames?: typeof installedNames;
  /** Every candidate there is. */
  candidates?: readonly EncoderCandidate[];
  /** Told of each candidate once it has been looked at. Must not throw. */
  onExamined?: (report: CandidateReport) => void;
}

/** Proofs that nobody waits for yield to the session. */
const patientNiceness = 10;

interface Entry {
  candidate: EncoderCandidate;
  report: CandidateReport;
  encoder: VideoEncoder | undefined;
}

/** See the module's description. */
export class EncoderCatalogue implements Closable {
  readonly close = once(() => this.#end());
  /** Settles when every candidate has been looked at, or the catalogue was closed. */
  readonly complete: Promise<void>;
  readonly #options: CatalogueOptions;
  readonly #abort = new AbortController();
  readonly #examiner: Examiner;
  /** By codec, best first. */
  readonly #entries: ReadonlyMap<VideoPipelineCodec, readonly Entry[]>;
  readonly #found = new Map<
    VideoPipelineCodec,
    PromiseWithResolvers<undefined>
  >();
  readonly #listeners = new Set<() => void>();
  readonly #resolveComplete: () => void;
  readonly #mayProceed = Promise.withResolvers<undefined>();
  /** Codecs that somebody waits for. */
  readonly #wanted = new Set<VideoPipelineCodec>();
  #running: Promise<void> | undefined;
  #explicitFailure: StreamSpaceError | undefined;

  constructor(options: CatalogueOptions) {
    this.#options = options;
    this.#examiner = new Examiner({
      prove: proveEncoder,
      listNames: installedNames,
      ...options,
      signal: this.#abort.signal,
    });
    const sinceMs = options.clock.wallMs();
    this.#entries = new Map(
      options.choice.codecs.map((codec) => [
        codec,
        orderedCandidates(
          options.candidates ?? encoderCandidates,
          codec,
          options.choice,
        ).map((candidate) => newEntry(candidate, sinceMs)),
      ]),
    );
    for (const codec of options.choice.codecs) {
      this.#found.set(codec, Promise.withResolvers<undefined>());
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.complete = promise;
    this.#resolveComplete = () => {
      resolve(undefined);
    };
  }

  /** Why an encoder that the settings insist on cannot be used; `undefined` while it can. */
  get explicitFailure(): StreamSpaceError | undefined {
    return this.#explicitFailure;
  }

  /**
   * Whether a session can be had with what the settings want: an encoder works, and so does each that they insist on. Once
   * it is so, it stays so.
   */
  get suffices(): boolean {
    const all = this.#all();
    const works = ({ report }: Entry): boolean => report.state === "proven";
    return (
      all.some(works) && all.every((one) => works(one) || !this.#mustWork(one))
    );
  }

  /**
   * Begins to look, and returns at once. After the best encoder of the first codec it waits for
   * {@link proceed}: what a session starts with has the processors to itself.
   */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks at the rest too. */
  proceed(): void {
    this.#mayProceed.resolve(undefined);
  }

  /** What is known so far, in the order of preference of each codec. */
  reports(): readonly CandidateReport[] {
    return this.#all().map(({ report }) => report);
  }

  /** Whether an encoder for `codec` works, or may yet turn out to. */
  mayEncode(codec: VideoPipelineCodec): boolean {
    return (
      this.#entries
        .get(codec)
        ?.some(({ report }) => report.state !== "refused") ?? false
    );
  }

  /**
   * The encoders for `codec` that have been proven, best first; waits until the best one is known.
   * @throws StreamSpaceError `missing-element` where none works, with the reason of each; `aborted`.
   */
  async working(
    codec: VideoPipelineCodec,
    signal: AbortSignal,
  ): Promise<readonly VideoEncoder[]> {
    this.#wanted.add(codec);
    if (codec !== this.#options.choice.codecs[0]) this.proceed();
    await settledOrAborted(this.#found.get(codec)?.promise, signal);
    const entries = this.#entries.get(codec) ?? [];
    const working = entries.flatMap(({ report, encoder }) =>
      report.state === "proven" && encoder !== undefined ? [encoder] : [],
    );
    if (working.length > 0) return working;
    const reasons = entries.map(
      ({ report }) => `${report.element}: ${report.reason ?? report.state}`,
    );
    throw new StreamSpaceError(
      "missing-element",
      `no encoder for ${codec} works here (${reasons.join("; ")})`,
      { mend: '"streamspace-agent doctor" names the packages.' },
    );
  }

  /** The element of the best encoder that is known to work for `codec`, or that may. */
  bestOf(codec: VideoPipelineCodec): string | undefined {
    const reports = this.#entries.get(codec)?.map(({ report }) => report) ?? [];
    const best =
      reports.find(({ state }) => state === "proven") ??
      reports.find(({ state }) => state !== "refused");
    return best?.element;
  }

  /** `element` was proven and fails all the same, again and again: the next start proves it anew. */
  reportFailure(element: string): void {
    this.#examiner.forget(element);
  }

  /** From the start of the child to its first packet, as it was proven. */
  startMsOf(element: string): number | undefined {
    return this.reports().find((report) => report.element === element)?.startMs;
  }

  /** Calls `listener` after each change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<void> {
    try {
      await this.#findBests();
      for (const entry of this.#all()) {
        await this.#examine(entry, patientNiceness);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    } finally {
      this.#examiner.save();
      for (const { resolve } of this.#found.values()) resolve(undefined);
      this.#resolveComplete();
    }
  }

  /** The best encoder of each codec; between the first and the others, all that the settings insist on. */
  async #findBests(): Promise<void> {
    const [first] = this.#options.choice.codecs;
    for (const [codec, entries] of this.#entries) {
      const isAwaited = codec === first || this.#wanted.has(codec);
      await this.#findBest(entries, isAwaited ? 0 : patientNiceness);
      this.#found.get(codec)?.resolve(undefined);
      if (codec !== first) continue;
      this.#examiner.save();
      for (const entry of this.#all().filter((one) => this.#mustWork(one)))
        await this.#examine(entry, 0);
      await settledOrAborted(this.#mayProceed.promise, this.#abort.signal);
    }
  }

  async #findBest(entries: readonly Entry[], niceness: number): Promise<void> {
    for (const entry of entries) {
      await this.#examine(entry, niceness);
      if (entry.report.state === "proven") return;
    }
  }

  /** Looks at a candidate, unless that has been done. */
  async #examine(entry: Entry, niceness: number): Promise<void> {
    if (entry.report.state !== "untested") return;
    this.#note(entry, { state: "proving" });
    const { result, encoder, missing, isRemembered } =
      await this.#examiner.examine(entry.candidate, niceness);
    entry.encoder = encoder;
    this.#note(entry, {
      ...result,
      ...(missing === undefined ? {} : { missing }),
      isRemembered,
    });
    this.#options.onExamined?.(entry.report);
    if (result.state === "refused" && this.#mustWork(entry))
      this.#noteExplicit(entry.candidate, result);
  }

  #all(): Entry[] {
    return [...this.#entries.values()].flat();
  }

  #mustWork({ candidate }: Entry): boolean {
    const { explicit, fallback } = this.#options.choice;
    return !fallback && explicit.includes(candidate.element);
  }

  #noteExplicit(
    { element }: EncoderCandidate,
    { reason }: { reason: string },
  ): void {
    this.#explicitFailure ??= new StreamSpaceError(
      "missing-element",
      `the encoder ${element} cannot be used: ${reason}`,
      {
        mend: "Choose another with --video-encoder, or allow others in its place with --video-encoder-fallback.",
      },
    );
    this.#tell();
  }

  #note(entry: Entry, news: Partial<CandidateReport>): void {
    const sinceMs = this.#options.clock.wallMs();
    entry.report = { ...entry.report, ...news, sinceMs };
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #end(): Promise<void> {
    this.#abort.abort();
    this.#listeners.clear();
    await this.#running;
  }
}

function newEntry(candidate: EncoderCandidate, sinceMs: number): Entry {
  const { element, codec, family } = candidate;
  return {
    candidate,
    report: { element, codec, family, state: "untested", sinceMs },
    encoder: undefined,
  };
}

async function settledOrAborted(
  promise: Promise<undefined> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = (): void => {
    resolve(undefined);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (!signal.aborted) await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  if (signal.aborted) {
    throw new StreamSpaceError("aborted", "the wait for an encoder was ended");
  }
}
