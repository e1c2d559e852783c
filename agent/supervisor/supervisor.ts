/**
 * Starts services in the order of their dependencies, keeps them running, and ends them in reverse.
 */
import type { Clock } from "../base/clock.ts";
import { settlesWithin } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { once, type Closable } from "../base/shutdown.ts";
import { Service, type ServiceSnapshot, type ServiceSpec } from "./service.ts";

/** No single service may hold up the end of the session for longer than this. */
const serviceShutdownMs = 3_000;

/** The services of one session. */
export class Supervisor implements Closable {
  readonly close = once(() => this.#end());
  readonly #services = new Map<string, Service>();
  readonly #listeners = new Set<() => void>();
  readonly #log: Logger;
  #evaluating = false;
  #dirty = false;

  /**
   * @param options.services in an order in which each comes after everything it requires.
   * @throws StreamSpaceError `internal` when that order is broken: a defect of the composition.
   */
  constructor(options: {
    services: readonly ServiceSpec[];
    clock: Clock;
    log: Logger;
  }) {
    this.#log = options.log;
    for (const spec of options.services) {
      for (const name of [...spec.requires, ...(spec.after ?? [])]) {
        if (!this.#services.has(name)) {
          throw new StreamSpaceError(
            "internal",
            `the service ${spec.name} comes before ${name}, which it needs`,
          );
        }
      }
      this.#services.set(
        spec.name,
        new Service(spec, {
          clock: options.clock,
          log: options.log,
          onChange: () => {
            this.#changed();
          },
        }),
      );
    }
  }

  /** Lets everything start that may. Returns at once; watch {@link onChange} or {@link snapshot}. */
  start(): void {
    this.#evaluate();
  }

  /** @throws StreamSpaceError `internal` for a name that no service has. */
  service(name: string): Service {
    const service = this.#services.get(name);
    if (service === undefined) {
      throw new StreamSpaceError("internal", `there is no service ${name}`);
    }
    return service;
  }

  /** Has every service that waits for its next try make it now. */
  retryNow(): void {
    for (const service of this.#services.values()) service.retryNow();
  }

  snapshot(): ServiceSnapshot[] {
    return [...this.#services.values()].map((service) => service.snapshot());
  }

  /** Calls `listener` after any change of state; returns the function that ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #changed(): void {
    this.#evaluate();
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        // Whoever watches must not decide the fate of the service that changed.
        this.#log.error({ err: error }, "a listener of the supervisor failed");
      }
    }
  }

  /** Tells each service whether it may run. A change may cause others, so it repeats until none does. */
  #evaluate(): void {
    this.#dirty = true;
    if (this.#evaluating) return;
    this.#evaluating = true;
    while (this.#dirty) {
      this.#dirty = false;
      for (const service of this.#services.values()) {
        service.setDependenciesReady(this.#mayRun(service));
      }
    }
    this.#evaluating = false;
  }

  #mayRun(service: Service): boolean {
    const { requires, after } = service.spec;
    const required = requires.every(
      (name) => this.service(name).state.name === "running",
    );
    if (!required) return false;
    const active =
      service.state.name === "running" || service.state.name === "starting";
    return active || (after ?? []).every((name) => this.service(name).settled);
  }

  async #end(): Promise<void> {
    // In reverse: a service ends while everything it requires still runs, so it can end in order.
    for (const service of [...this.#services.values()].reverse()) {
      await settlesWithin(service.shutdown(), serviceShutdownMs);
    }
    this.#listeners.clear();
  }
}
