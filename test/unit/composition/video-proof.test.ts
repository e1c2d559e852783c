/**
 * Which codecs have to prove themselves, and for how long.
 */
import { expect, test } from "vitest";
import { VideoProof } from "../../../agent/composition/video-proof.ts";
import { toleratedFailures } from "../../../agent/health/health-report.ts";
import type { Service } from "../../../agent/supervisor/service.ts";
import type { ServiceState } from "../../../agent/supervisor/service-state.ts";

/** A service whose state the test sets, and which counts the leases that are held. */
class FakeService {
  leases = 0;
  proven = false;
  hasEncoder = true;
  state: ServiceState = { name: "standby", generation: 0, failures: 0 };
  /** Called as the first lease is taken: a service begins to start then. */
  onChange = (): void => undefined;

  acquire(): () => void {
    this.leases += 1;
    if (this.leases === 1) this.onChange();
    return () => {
      this.leases -= 1;
    };
  }

  snapshot(): { proven: boolean; state: ServiceState } {
    return { proven: this.proven, state: this.state };
  }

  runs(): void {
    this.proven = true;
    this.state = { name: "running", generation: 1, failures: 0, sinceMs: 0 };
  }

  rests(): void {
    this.proven = true;
    this.state = { name: "standby", generation: 1, failures: 0 };
  }

  /** Ended by itself, after it had worked, for the `failures`th time in a row. */
  ends(failures: number): void {
    this.breaks();
    this.proven = true;
    this.state = { ...this.state, failures };
  }

  breaks(): void {
    this.proven = false;
    this.state = {
      name: "backing-off",
      generation: 1,
      failures: 1,
      delayMs: 100,
      reason: "no element",
    };
  }
}

function proofOf(...services: FakeService[]): VideoProof {
  return new VideoProof(
    services.map((service) => ({
      // The proof uses two methods of a service, and the fake has both.
      service: service as unknown as Service,
      mayWork: () => service.hasEncoder,
    })),
  );
}

test("runs the preferred codec until it works, and no other", () => {
  const [first, second] = [new FakeService(), new FakeService()];
  const proof = proofOf(first, second);
  proof.review();
  proof.review();
  expect([first.leases, second.leases]).toEqual([1, 0]);
  first.runs();
  proof.review();
  expect([first.leases, second.leases]).toEqual([0, 0]);
});

test("tries the next codec when one fails, while the first goes on trying", () => {
  const [first, second] = [new FakeService(), new FakeService()];
  const proof = proofOf(first, second);
  proof.review();
  first.breaks();
  proof.review();
  expect([first.leases, second.leases]).toEqual([1, 1]);
  second.runs();
  proof.review();
  expect([first.leases, second.leases]).toEqual([1, 0]);
});

test.each([
  {
    now: "runs",
    put: (service: FakeService) => {
      service.runs();
    },
  },
  {
    now: "rests, having worked",
    put: (service: FakeService) => {
      service.rests();
    },
  },
])("runs no codec any longer when a better one $now", ({ put }) => {
  const [first, second] = [new FakeService(), new FakeService()];
  const proof = proofOf(first, second);
  first.breaks();
  second.breaks();
  proof.review();
  expect([first.leases, second.leases]).toEqual([1, 1]);
  put(first);
  proof.review();
  expect(second.leases).toBe(0);
});

test("wants a new proof after a failure, though nobody watches", () => {
  const service = new FakeService();
  const proof = proofOf(service);
  service.runs();
  proof.review();
  service.breaks();
  proof.review();
  expect(service.leases).toBe(1);
});

test("leaves a codec in peace that rests after it worked", () => {
  const service = new FakeService();
  service.proven = true;
  proofOf(service).review();
  expect(service.leases).toBe(0);
});

test("runs no other codec for a few failures of one that has worked, but proves that one anew", () => {
  const [first, second] = [new FakeService(), new FakeService()];
  const proof = proofOf(first, second);
  first.runs();
  proof.review();
  for (const failures of [1, toleratedFailures]) {
    first.ends(failures);
    proof.review();
    expect([first.leases, second.leases]).toEqual([1, 0]);
  }
  first.ends(toleratedFailures + 1);
  proof.review();
  expect([first.leases, second.leases]).toEqual([1, 1]);
});

test("holds one lease of each, though a service changes while its lease is taken", () => {
  const [first, second] = [new FakeService(), new FakeService()];
  const proof = proofOf(first, second);
  for (const service of [first, second])
    service.onChange = () => {
      proof.review();
    };
  first.breaks();
  proof.review();
  expect([first.leases, second.leases]).toEqual([1, 1]);
  first.runs();
  proof.review();
  expect([first.leases, second.leases]).toEqual([0, 0]);
});

test("passes over a codec that no encoder is left for, and lets go of it when that turns out", () => {
  const [first, second, third] = [
    new FakeService(),
    new FakeService(),
    new FakeService(),
  ];
  const proof = proofOf(first, second, third);
  second.hasEncoder = false;
  first.breaks();
  proof.review();
  expect([first.leases, second.leases, third.leases]).toEqual([1, 0, 1]);
  third.hasEncoder = false;
  proof.review();
  expect([first.leases, second.leases, third.leases]).toEqual([1, 0, 0]);
});
