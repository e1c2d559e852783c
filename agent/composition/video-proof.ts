/**
 * Proves at the start, and again after a failure, that a video codec works: by running its pipeline
 * until packets arrive, while nobody watches yet.
 */
import { toleratedFailures } from "../health/health-report.ts";
import type { Service } from "../supervisor/service.ts";
import type { ReleaseLease } from "../supervisor/service.ts";

/** A codec that may have to prove itself. */
export interface ProofCandidate {
  readonly service: Service;
  /** Whether an encoder for it works here, or may yet turn out to. */
  readonly mayWork: () => boolean;
}

/** With the lease that is held while it has to. */
interface Candidate extends ProofCandidate {
  lease: ReleaseLease | undefined;
}

/**
 * Walks the candidates in order of preference. The first is run; when it fails, the next is run too, while the earlier
 * ones go on trying. One that has worked before may fail {@link toleratedFailures} times first: it is usable meanwhile,
 * and another codec is a second encoder. Each lease ends with the proof. A codec that no encoder is left for is passed over:
 * its failure is known.
 */
export class VideoProof {
  readonly #candidates: Candidate[];
  /** A review changes services, and each change asks for a review. */
  #isReviewing = false;
  #isDue = false;

  constructor(candidates: readonly ProofCandidate[]) {
    this.#candidates = candidates.map(({ service, mayWork }) => ({
      ...{ service, mayWork },
      lease: undefined,
    }));
  }

  /** To be called at the start and after each change of a service. */
  review(): void {
    this.#isDue = true;
    if (this.#isReviewing) return;
    this.#isReviewing = true;
    while (this.#isDue) {
      this.#isDue = false;
      this.#walk();
    }
    this.#isReviewing = false;
  }

  #walk(): void {
    for (const [index, candidate] of this.#candidates.entries()) {
      const { proven, state } = candidate.service.snapshot();
      if (proven && state.name === "running") {
        this.#releaseFrom(index);
        return;
      }
      if (proven && state.failures === 0) {
        this.#releaseFrom(index + 1);
        return; // It rests, having worked.
      }
      if (!candidate.mayWork()) {
        release(candidate);
        continue;
      }
      candidate.lease ??= candidate.service.acquire();
      if (state.failures <= (proven ? toleratedFailures : 0)) return; // This attempt is still open.
    }
  }

  /** Those behind one that works were run while it did not. */
  #releaseFrom(index: number): void {
    for (const candidate of this.#candidates.slice(index)) release(candidate);
  }
}

function release(candidate: Candidate): void {
  candidate.lease?.();
  candidate.lease = undefined;
}
