/**
 * Services whose starts, ends and faults a test decides.
 */
import type { ExitReason } from "../../agent/base/child-process.ts";
import type {
  RunningInstance,
  ServiceSpec,
  StartContext,
} from "../../agent/supervisor/service.ts";
import { Supervisor } from "../../agent/supervisor/supervisor.ts";
import { silentLog } from "./logs.ts";
import { ManualClock } from "./manual-clock.ts";

/** An instance that runs until it is closed or told to exit. */
export class FakeInstance implements RunningInstance {
  readonly exited: Promise<ExitReason>;
  closeCalls = 0;
  readonly #resolveExited: (reason: ExitReason) => void;
  readonly #onClose: () => Promise<void>;

  constructor(onClose: () => Promise<void> = () => Promise.resolve()) {
    const { promise, resolve } = Promise.withResolvers<ExitReason>();
    this.exited = promise;
    this.#resolveExited = resolve;
    this.#onClose = onClose;
  }

  exit(reason: ExitReason): void {
    this.#resolveExited(reason);
  }

  async close(): Promise<void> {
    this.closeCalls += 1;
    await this.#onClose();
    this.#resolveExited({ kind: "requested" });
  }

  lastLines(): string[] {
    return ["its last line"];
  }
}

/** One call of `start`, which the test lets succeed or fail. */
export interface PendingStart {
  context: StartContext;
  succeed(instance?: FakeInstance): FakeInstance;
  fail(error: unknown): void;
}

/** A spec that records every start and waits for the test to decide it. */
export interface FakeService {
  spec: ServiceSpec;
  starts: PendingStart[];
}

/** A service whose starts stay open until the test settles them. */
export function pendingService(
  name: string,
  spec: Partial<ServiceSpec> = {},
): FakeService {
  const starts: PendingStart[] = [];
  return {
    starts,
    spec: {
      name,
      requires: [],
      required: true,
      startTimeoutMs: 1_000,
      ...spec,
      start: (context) => {
        const { promise, resolve, reject } =
          Promise.withResolvers<RunningInstance>();
        starts.push({
          context,
          succeed: (instance = new FakeInstance()) => {
            resolve(instance);
            return instance;
          },
          fail: reject,
        });
        return promise;
      },
    },
  };
}

/** A service that starts at once, and notes its starts and closes in `journal`. */
export function willingService(
  name: string,
  journal: string[],
  spec: Partial<ServiceSpec> = {},
): { spec: ServiceSpec; instances: FakeInstance[] } {
  const instances: FakeInstance[] = [];
  return {
    instances,
    spec: {
      name,
      requires: [],
      required: true,
      startTimeoutMs: 1_000,
      ...spec,
      start: () => {
        journal.push(`start ${name}`);
        const instance = new FakeInstance(() => {
          journal.push(`close ${name}`);
          return Promise.resolve();
        });
        instances.push(instance);
        return Promise.resolve(instance);
      },
    },
  };
}

const backoff = { initialMs: 100, maxMs: 1_000, resetAfterMs: 5_000 };

/** A supervisor of these that has been started: 100 ms after a first failure it tries again. */
export function supervise(...specs: ServiceSpec[]): Supervisor {
  const supervisor = new Supervisor({
    services: specs.map((spec) => ({ backoff, ...spec })),
    clock: new ManualClock(),
    log: silentLog,
  });
  supervisor.start();
  return supervisor;
}

/** The state that the service of this name is in. */
export function stateOf(supervisor: Supervisor, name: string): string {
  return supervisor.service(name).state.name;
}
