/**
 * The microphone of the session: an on-demand service that runs while somebody speaks, and the way of the sound into it.
 */
import type { Clock } from "../base/clock.ts";
import type { ChildSpawner } from "../base/child-process.ts";
import { onSharedTicks } from "../base/shared-ticks.ts";
import {
  startMicrophone,
  type RunningMicrophone,
} from "../session/microphone.ts";
import type {
  SpeechLine,
  SpeechOutput,
} from "../../signaling/features/microphone.ts";
import type {
  ReleaseLease,
  Service,
  ServiceSpec,
  StartContext,
} from "../supervisor/service.ts";

/** Who sends nothing for so long is not waited for: browsers send silence, too. */
const idleMs = 5_000;
/** The player goes on for this long after the last speaker: some mute themselves for a word. */
const lingerMs = 2_000;
const startTimeoutMs = 8_000;

export interface SessionMicrophoneOptions {
  /** Name of the service. */
  name: string;
  /** Name of the service of the sound server. */
  requires: string;
  spawner: ChildSpawner;
  clock: Clock;
  /** Of the player; names the sound server. */
  env: NodeJS.ProcessEnv;
}

/** See the module's description. */
export class SessionMicrophone implements SpeechOutput {
  readonly spec: ServiceSpec;
  readonly #options: SessionMicrophoneOptions;
  #service: Service | undefined;
  #running: RunningMicrophone | undefined;

  constructor(options: SessionMicrophoneOptions) {
    this.#options = options;
    this.spec = {
      name: options.name,
      requires: [options.requires],
      required: false,
      onDemand: { lingerMs },
      startTimeoutMs,
      start: (context) => this.#start(context),
    };
  }

  /** Ties it to its service once the supervisor has made that. */
  bind(service: Service): void {
    this.#service = service;
  }

  open(): SpeechLine {
    const { clock } = this.#options;
    let release: ReleaseLease | undefined;
    let heardMs = clock.nowMs();
    let isClosed = false;
    const rest = (): void => {
      release?.();
      release = undefined;
    };
    const stopLooking = onSharedTicks(idleMs / 5, () => {
      if (clock.nowMs() - heardMs >= idleMs) rest();
    });
    // Not before the first packet: who says that he speaks may not.
    return {
      play: (packet) => {
        if (isClosed) return;
        heardMs = clock.nowMs();
        release ??= this.#service?.acquire();
        // Before it runs, and after it ended, what is said is lost: later it would be late.
        this.#running?.play(packet);
      },
      close: () => {
        isClosed = true;
        stopLooking();
        rest();
      },
    };
  }

  async #start(context: StartContext): Promise<RunningMicrophone> {
    const running = await startMicrophone(this.#options, context);
    this.#running = running;
    void running.exited.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }
}
