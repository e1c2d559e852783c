/**
 * Proves at the start, and again after a failure, that a video codec works: by running its pipeline
 * until packets arrive, while nobody watches yet.
 */
import { toleratedFailures } from "../health/health-report.ts";
import type { Service } from "../supervisor/service.ts";
import type { ReleaseLease } from "../supervisor/service.ts";

/** A codec's service, with the lease that is held while it has to prove itself. */
interface Candidate {
  service: Service;
  lease: ReleaseLease | undefined;
}

/**
 * Walks the candidates in order of preference. The first is run; when it fails, the next is run too, while the earlier
 * ones go on trying. One that has worked before may fail {@link toleratedFailures} times first: it is usable meanwhile,
 * and another codec is a second encoder. Each lease ends with the proof.
 */
export class VideoProof {
  readonly #candidates: Candidate[];

  constructor(services: readonly Service[]) {
    this.#candidates = services.map((service) => ({
      service,
      lease: undefined,
    }));
  }

  /** To be called at the start and after each change of a service. */
  review(): void {
    for (const candidate of this.#candidates) {
      const { proven, state } = candidate.service.snapshot();
      if (proven && state.name === "running") {
        candidate.lease?.();
        candidate.lease = undefined;
        return;
      }
      if (proven && state.failures === 0) return; // It rests, having worked.
      candidate.lease ??= candidate.service.acquire();
      if (state.failures <= (proven ? toleratedFailures : 0)) return; // This attempt is still open.
    }
  }
}
