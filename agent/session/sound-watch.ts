/**
 * Looks after a running PulseAudio: notices that it hangs, puts back a sink that was taken away, and knows
 * whether anything plays.
 */
import type { AudioChannels } from "../../encoders/audio/channels.ts";
import type { OwnedChild } from "../base/child-process.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { onSharedTicks } from "../base/shared-ticks.ts";
import type { SessionPaths } from "./session-directory.ts";
import type { SoundControl } from "./sound-control.ts";
import {
  defaultSourceCommand,
  microphoneCommands,
  microphoneSink,
  sinkCommands,
  sinkState,
  wakeCommand,
} from "./sound-sinks.ts";

/** Time between two looks. */
export const soundWatchEveryMs = 1_000;
/** It answers in 1 ms; a starved machine may take a hundred times as long. */
const answerTimeoutMs = 1_250;

/** See the module's description. Ends with the child. */
export class SoundWatch {
  readonly #child: OwnedChild;
  readonly #control: SoundControl;
  readonly #paths: SessionPaths;
  readonly #channels: AudioChannels;
  readonly #hasMicrophone: boolean;
  readonly #log: Logger;
  #looking: Promise<void> | undefined;
  #isRendering = false;

  constructor(options: {
    child: OwnedChild;
    control: SoundControl;
    paths: SessionPaths;
    channels: AudioChannels;
    microphone: boolean;
    log: Logger;
  }) {
    this.#child = options.child;
    this.#control = options.control;
    this.#paths = options.paths;
    this.#channels = options.channels;
    this.#hasMicrophone = options.microphone;
    this.#log = options.log;
    const unwatch = onSharedTicks(soundWatchEveryMs, () => void this.look());
    void options.child.exited.then(() => {
      unwatch();
      this.#isRendering = false;
      this.#control.close();
    });
  }

  /** Whether the sink rendered at the latest look. */
  get isRendering(): boolean {
    return this.#isRendering;
  }

  /** Has the sink render silence for a moment. */
  wake(): void {
    this.#control.tell(wakeCommand(this.#paths));
  }

  /** Looks now, or waits for the look that is under way. Never rejects. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      const answer = await this.#control.ask("list-sinks", answerTimeoutMs);
      const state = sinkState(answer);
      this.#isRendering = state === "rendering";
      const isDeaf =
        this.#hasMicrophone && sinkState(answer, microphoneSink) === "missing";
      if (isDeaf) this.#putBack("the microphone's sink", microphoneCommands());
      // It also makes the microphone the default source.
      if (state === "missing")
        this.#putBack("the session's sink", this.#sink());
      else if (isDeaf) this.#control.tell(defaultSourceCommand(true));
    } catch (error) {
      this.#isRendering = false;
      await this.#child.closeAsStalled(messageOf(error));
    }
  }

  #sink(): string[] {
    return sinkCommands(this.#paths, this.#channels, this.#hasMicrophone);
  }

  #putBack(what: string, commands: readonly string[]): void {
    this.#log.warn(`somebody unloaded ${what}; loading it again`);
    for (const command of commands) this.#control.tell(command);
  }
}
