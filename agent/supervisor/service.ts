/**
 * One supervised service: drives {@link transition} with real starts, ends and timers.
 */
import type { BackoffPolicy } from "../base/backoff.ts";
import { defaultBackoff } from "../base/backoff.ts";
import { describeExit, type ExitReason } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import {
  messageOf,
  toStreamSpaceError,
  type StreamSpaceError,
} from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import {
  initialState,
  transition,
  type Conditions,
  type ServiceEvent,
  type ServiceRules,
  type ServiceState,
} from "./service-state.ts";

/** What is wrong with a service although it runs. */
export interface Trouble {
  /** Completes a sentence that begins with its name, e.g. "does not answer". */
  readonly what: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

/** A service that has been proven to run. */
export interface RunningInstance {
  /** Settles once, when it does not run any more; never rejects. */
  readonly exited: Promise<ExitReason>;
  /** Ends it; idempotent, bounded in time, never rejects. */
  close(): Promise<void>;
  /** Its last lines of output, for the health snapshot. */
  lastLines?(): string[];
  /** Cheap: it is asked for each health snapshot. */
  readonly trouble?: Trouble | undefined;
  /** Called once; `listener` is to be called when {@link trouble} begins and ends. */
  onTrouble?(listener: () => void): void;
}

/** What a start is given. */
export interface StartContext {
  /** Fires when the start is called off. */
  signal: AbortSignal;
  /** Counts the starts of this service; 1 is the first. */
  generation: number;
  log: Logger;
}

/** Describes a service to the supervisor. */
export interface ServiceSpec {
  /** Unique; appears in health, logs and metrics. */
  name: string;
  /** Services that must run for this one to run: it is stopped when one of them stops. */
  requires: readonly string[];
  /** Services that are given the chance to start first; their end does not touch this one. */
  after?: readonly string[];
  /** Whether a new viewer would see no desktop without it. */
  required: boolean;
  /** Runs only while {@link Service.acquire} leases are held. */
  onDemand?: {
    /** How long it goes on after the last lease ended. */
    lingerMs: number;
  };
  /**
   * Starts it and resolves when there is *proof* that it works (an answer, a packet), never merely
   * because a process was spawned. Must leave nothing behind when it throws.
   */
  start(context: StartContext): Promise<RunningInstance>;
  /** Deadline of `start`. */
  startTimeoutMs: number;
  backoff?: BackoffPolicy;
  /** What its own end means; default `restart`. */
  onExit?: ServiceRules["onExit"];
}

/** A service's part of the health snapshot. */
export interface ServiceSnapshot {
  name: string;
  state: ServiceState;
  /** Unix milliseconds of the last change of state. */
  sinceMs: number;
  /** Starts that followed a failure. */
  restarts: number;
  /** It ran at least once, and its latest start did not fail. */
  proven: boolean;
  required: boolean;
  lastError: string | undefined;
  lastLines: string[];
  /** What is wrong with it while it runs. */
  trouble?: Trouble | undefined;
}

/** Ends the claim on an on-demand service; calling it twice is harmless. */
export type ReleaseLease = () => void;

/** One service under supervision. Created by the supervisor. */
export class Service {
  readonly spec: ServiceSpec;
  readonly #rules: ServiceRules;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onChange: () => void;
  #state: ServiceState = initialState;
  #sinceMs: number;
  #conditions: Conditions = {
    dependenciesReady: false,
    wanted: false,
    shutdown: false,
  };
  #instance: RunningInstance | undefined;
  #abort: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #leases = 0;
  #restarts = 0;
  #starting: Promise<void> = Promise.resolve();
  #closing: Promise<void> = Promise.resolve();
  #proven = false;
  #startError: StreamSpaceError | undefined;
  #lastError: string | undefined;
  #lastLines: string[] = [];

  constructor(
    spec: ServiceSpec,
    options: { clock: Clock; log: Logger; onChange: () => void },
  ) {
    this.spec = spec;
    this.#rules = {
      backoff: spec.backoff ?? defaultBackoff,
      onExit: spec.onExit ?? "restart",
    };
    this.#clock = options.clock;
    this.#log = options.log.child({ service: spec.name });
    this.#onChange = options.onChange;
    this.#sinceMs = options.clock.wallMs();
    this.#conditions.wanted = spec.onDemand === undefined;
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** Why its latest start failed; `undefined` once one succeeded. */
  get startError(): StreamSpaceError | undefined {
    return this.#startError;
  }

  /** It runs, or it has been given the chance to and did not succeed or is not wanted. */
  get settled(): boolean {
    return (
      this.#state.name === "running" ||
      this.#state.name === "standby" ||
      this.#state.name === "stopped" ||
      this.#state.failures > 0
    );
  }

  snapshot(): ServiceSnapshot {
    return {
      name: this.spec.name,
      state: this.#state,
      sinceMs: this.#sinceMs,
      restarts: this.#restarts,
      proven: this.#proven,
      required: this.spec.required,
      lastError: this.#lastError,
      lastLines: this.#lastLines,
      trouble:
        this.#state.name === "running" ? this.#instance?.trouble : undefined,
    };
  }

  /** Keeps an on-demand service running until the returned function is called. */
  acquire(): ReleaseLease {
    this.#leases += 1;
    clearTimeout(this.#linger);
    this.#setConditions({ wanted: true });
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#leases -= 1;
      const { onDemand } = this.spec;
      if (this.#leases > 0 || onDemand === undefined) return;
      if (this.#conditions.shutdown) return;
      this.#linger = setTimeout(() => {
        this.#setConditions({ wanted: false });
      }, onDemand.lingerMs);
    };
  }

  /** Called by the supervisor when the state of another service changed. */
  setDependenciesReady(dependenciesReady: boolean): void {
    this.#setConditions({ dependenciesReady });
  }

  /** What kept it from starting is over: it need not wait for its next try. */
  retryNow(): void {
    const { generation } = this.#state;
    this.#dispatch({ type: "retry-due", generation });
  }

  /** Ends the service for good; resolves when it is stopped. Bounded by the instance's own `close`. */
  async shutdown(): Promise<void> {
    clearTimeout(this.#linger);
    this.#setConditions({ shutdown: true });
    await this.#starting;
    await this.#closing;
  }

  #setConditions(change: Partial<Conditions>): void {
    const before = this.#conditions;
    this.#conditions = { ...before, ...change };
    if (
      before.dependenciesReady !== this.#conditions.dependenciesReady ||
      before.wanted !== this.#conditions.wanted ||
      before.shutdown !== this.#conditions.shutdown
    ) {
      this.#dispatch({ type: "conditions-changed" });
    }
  }

  #dispatch(event: ServiceEvent): void {
    const previous = this.#state;
    const next = transition(previous, event, this.#conditions, this.#rules);
    if (next === previous) return;
    this.#state = next;
    this.#sinceMs = this.#clock.wallMs();
    clearTimeout(this.#timer);
    this.#enter(next);
    this.#onChange();
  }

  /** Performs what a new state asks for. */
  #enter(state: ServiceState): void {
    switch (state.name) {
      case "starting":
        if (state.failures > 0) this.#restarts += 1;
        this.#starting = this.#start(state.generation);
        break;
      case "stopping":
        this.#abort?.abort();
        this.#closing = this.#closeInstance(state.generation);
        break;
      case "backing-off":
        this.#log.warn(
          { failures: state.failures, delayMs: state.delayMs },
          `${this.spec.name} ${state.reason}; starting it again`,
        );
        this.#timer = setTimeout(() => {
          this.#dispatch({ type: "retry-due", generation: state.generation });
        }, state.delayMs);
        break;
      case "running":
        this.#log.info(
          { generation: state.generation },
          `${this.spec.name} runs`,
        );
        break;
      case "waiting":
      case "standby":
      case "stopped":
        this.#log.debug({ state: state.name }, `${this.spec.name} rests`);
        break;
    }
  }

  async #start(generation: number): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    const { name, startTimeoutMs } = this.spec;
    const starting = this.#startInstance(abort.signal, generation);
    try {
      const instance = await withDeadline(starting, {
        // A start that honours its signal fails with its own, better words before this deadline.
        timeoutMs: startTimeoutMs + 3_000,
        what: `the start of ${name}`,
      });
      this.#adopt(instance, generation);
    } catch (error) {
      // A start that still succeeds after its deadline has no owner any more.
      starting.then(
        (instance) => instance.close(),
        () => undefined,
      );
      this.#proven = false;
      if (!abort.signal.aborted) {
        this.#startError = toStreamSpaceError(error);
        this.#lastError = messageOf(error);
      }
      this.#dispatch({
        type: "start-failed",
        generation,
        reason: `did not start: ${messageOf(error)}`,
      });
    }
  }

  /** `async`, so that a start that throws at once is a rejection like any other. */
  async #startInstance(
    abort: AbortSignal,
    generation: number,
  ): Promise<RunningInstance> {
    const timeout = AbortSignal.timeout(this.spec.startTimeoutMs);
    return await this.spec.start({
      signal: AbortSignal.any([abort, timeout]),
      generation,
      log: this.#log,
    });
  }

  #adopt(instance: RunningInstance, generation: number): void {
    this.#instance = instance;
    if (this.#state.name === "stopping") {
      this.#closing = this.#closeInstance(generation);
      return;
    }
    this.#proven = true;
    this.#startError = undefined;
    void instance.exited.then((reason) => {
      this.#onExited(instance, generation, reason);
    });
    instance.onTrouble?.(() => {
      this.#onTrouble(instance);
    });
    this.#dispatch({ type: "started", generation, nowMs: this.#clock.nowMs() });
  }

  /** Not a change of state, but one of health. */
  #onTrouble(instance: RunningInstance): void {
    if (this.#instance !== instance || this.#state.name !== "running") return;
    const { trouble } = instance;
    if (trouble === undefined)
      this.#log.info(`${this.spec.name} is well again`);
    else this.#log.warn(`${this.spec.name} ${trouble.what}`);
    if (trouble !== undefined) this.#lastError = trouble.what;
    this.#onChange();
  }

  #onExited(
    instance: RunningInstance,
    generation: number,
    reason: ExitReason,
  ): void {
    if (this.#instance !== instance || this.#state.name !== "running") return;
    this.#instance = undefined;
    const words = describeExit(reason);
    this.#lastLines = instance.lastLines?.() ?? [];
    this.#lastError = words;
    this.#dispatch({
      type: "exited",
      generation,
      reason: words,
      nowMs: this.#clock.nowMs(),
    });
  }

  async #closeInstance(generation: number): Promise<void> {
    const instance = this.#instance;
    // Still starting: #start ends with start-failed, or hands its instance to #adopt, which comes here.
    if (instance === undefined) return;
    this.#instance = undefined;
    await instance.close();
    this.#dispatch({ type: "closed", generation });
  }
}
