/**
 * The services of a session, in the order in which they start. Their end is in the reverse order.
 */
import type { ChildSpawner } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { runAudio } from "../../encoders/audio/run-audio.ts";
import { audioPipeline, opusClockRate } from "../../encoders/audio-pipeline.ts";
import type { HostBeat } from "../../encoders/host/control.ts";
import { encoderThreads } from "../../encoders/describe-pipelines.ts";
import { startsAnywhere, startsKeyFrame } from "../../encoders/key-frames.ts";
import type { EncoderCatalogue } from "../../encoders/proof/catalogue.ts";
import { videoClockRate } from "../../encoders/video-encoding.ts";
import type { StreamFacts } from "../metrics/agent-metrics.ts";
import type { VideoCodec } from "../../signaling/protocol.ts";
import { demoCommand, startApplication } from "../session/application.ts";
import { childEnvironment } from "../session/child-environment.ts";
import { DesktopInput } from "../session/desktop-input.ts";
import { KeyboardLayout } from "../session/keyboard-layout.ts";
import {
  attachDisplay,
  OwnDisplay,
  type RunningDisplay,
} from "../session/display.ts";
import {
  restoreSessionDirectory,
  type SessionPaths,
} from "../session/session-directory.ts";
import {
  pulseServerAddress,
  startSoundServer,
  type RunningSound,
} from "../session/sound-server.ts";
import { soundFifo } from "../session/sound-sinks.ts";
import {
  defaultWindowManager,
  startWindowManager,
} from "../session/window-manager.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { ServiceSpec } from "../supervisor/service.ts";
import { openInputInjector } from "../x11/input-injector.ts";
import type { EncoderTrouble } from "../../encoders/runners/encoder-ladder.ts";
import { MediaStream } from "./media-stream.ts";
import { VideoRunner } from "./video-runner.ts";

/** Names of the services, as they appear in health and logs. */
export const serviceNames = {
  display: "display",
  windowManager: "window-manager",
  sound: "sound",
  application: "application",
  audio: "audio",
} as const;

/** The services, and the parts of the session that other parts talk to. */
export interface SessionServices {
  specs: readonly ServiceSpec[];
  video: readonly { codec: VideoCodec; stream: MediaStream }[];
  audio: MediaStream | undefined;
  /** All streams, for metrics. */
  streams(): readonly StreamFacts[];
  input: DesktopInput;
  keyboardLayout: KeyboardLayout;
  /** The display that runs now. */
  display(): RunningDisplay | undefined;
  /** Encoders that have failed in this session. */
  encoderTroubles(): readonly EncoderTrouble[];
  /** How the screen is captured, for the health report. */
  captureInWords(): string;
}

export interface SessionServicesOptions {
  config: Config;
  paths: SessionPaths;
  spawner: ChildSpawner;
  clock: Clock;
  log: Logger;
  /** Knows which encoders work here. */
  catalogue: EncoderCatalogue;
}

/** The program that manages windows with these settings, or `undefined` for none. */
export function windowManagerProgram(config: Config): string | undefined {
  if (config.windowManager === "none") return undefined;
  if (config.windowManager !== "auto") return config.windowManager;
  return config.display === undefined ? defaultWindowManager : undefined;
}

/** The command of the application, or `undefined` for none: an attached display has its own. */
export function applicationCommand(
  config: Config,
): readonly string[] | undefined {
  if (config.application !== undefined) return config.application;
  return config.display === undefined ? demoCommand() : undefined;
}

/** Makes the services for `config`; nothing is started yet. */
export function sessionServices(
  options: SessionServicesOptions,
): SessionServices {
  return new SessionComposition(options).compose();
}

/** Video that runs, and what it says of its work where it says something. */
interface VideoAtWork {
  readonly exited: Promise<unknown>;
  readonly lastBeat?: HostBeat | undefined;
}

class SessionComposition {
  readonly #options: SessionServicesOptions;
  readonly #input = new DesktopInput();
  readonly #keyboardLayout: KeyboardLayout;
  readonly #videoRunner: VideoRunner;
  /** Video that runs, by the name of its stream. */
  readonly #running = new Map<string, VideoAtWork>();
  #display: RunningDisplay | undefined;
  #sound: RunningSound | undefined;

  constructor(options: SessionServicesOptions) {
    this.#options = options;
    this.#keyboardLayout = new KeyboardLayout({
      spawner: options.spawner,
      log: options.log,
      layout: options.config.keyboardLayout ?? "",
    });
    this.#videoRunner = new VideoRunner({
      spawner: options.spawner,
      log: options.log,
      clock: options.clock,
      capture: options.config.videoCapture,
    });
  }

  compose(): SessionServices {
    const { config } = this.#options;
    const video = config.videoCodecs.map((codec) => ({
      codec,
      stream: this.#videoStream(codec),
    }));
    const audio = config.audio ? this.#audioStream() : undefined;
    const specs = [
      this.#displaySpec(),
      this.#soundSpec(),
      this.#windowManagerSpec(),
      this.#applicationSpec(),
      ...video.map(({ stream }) => stream.spec),
      audio?.spec,
    ].filter((spec) => spec !== undefined);
    return {
      specs,
      video,
      audio,
      streams: () => [
        ...video.map(({ stream }) => this.#factsOf(stream, "video")),
        ...(audio === undefined ? [] : [this.#factsOf(audio, "audio")]),
      ],
      input: this.#input,
      keyboardLayout: this.#keyboardLayout,
      display: () => this.#display,
      encoderTroubles: () => this.#videoRunner.troubles(),
      captureInWords: () => this.#videoRunner.captureInWords,
    };
  }

  #factsOf(stream: MediaStream, kind: StreamFacts["kind"]): StreamFacts {
    const { name, encoder, viewers, counts } = stream;
    const stages = this.#running.get(name)?.lastBeat;
    return { name, kind, encoder, viewers, counts, stages };
  }

  #displaySpec(): ServiceSpec {
    const { config, paths, spawner, log } = this.#options;
    const attached = config.display;
    const own = new OwnDisplay({
      spawner,
      width: config.displayWidth,
      height: config.displayHeight,
      dpi: config.displayDpi,
      xauthority: paths.xauthority,
    });
    return {
      name: serviceNames.display,
      requires: [],
      required: true,
      startTimeoutMs: 10_000,
      start: async (context) => {
        restoreSessionDirectory(paths);
        const display =
          attached === undefined
            ? await own.start(context)
            : await attachDisplay(attached, context);
        try {
          await this.#keyboardLayout.attach(
            this.#envOn(display),
            context.signal,
          );
          this.#input.attach(
            await openInputInjector(display.connection, { log }),
          );
        } catch (error) {
          await display.close();
          throw error;
        }
        this.#display = display;
        void display.exited.then(() => {
          if (this.#display !== display) return;
          this.#display = undefined;
          this.#input.detach();
        });
        return display;
      },
    };
  }

  #soundSpec(): ServiceSpec | undefined {
    const { config, paths, spawner } = this.#options;
    if (!config.audio) return undefined;
    return {
      name: serviceNames.sound,
      requires: [],
      required: false,
      startTimeoutMs: 10_000,
      start: async (context) => {
        restoreSessionDirectory(paths);
        const sound = await startSoundServer(
          { spawner, paths, env: process.env },
          context,
        );
        this.#sound = sound;
        return sound;
      },
    };
  }

  #windowManagerSpec(): ServiceSpec | undefined {
    const program = windowManagerProgram(this.#options.config);
    if (program === undefined) return undefined;
    return {
      name: serviceNames.windowManager,
      requires: [serviceNames.display],
      required: false,
      startTimeoutMs: 10_000,
      start: (context) =>
        startWindowManager(
          {
            program,
            spawner: this.#options.spawner,
            env: this.#env(),
            connection: this.#runningDisplay().connection,
          },
          context,
        ),
    };
  }

  #applicationSpec(): ServiceSpec | undefined {
    const { config, spawner } = this.#options;
    const command = applicationCommand(config);
    if (command === undefined) return undefined;
    const restart = config.onApplicationExit === "restart";
    return {
      name: serviceNames.application,
      requires: [serviceNames.display],
      // Windows are placed by the window manager, and sound is found by the environment.
      after: [
        ...(windowManagerProgram(config) === undefined
          ? []
          : [serviceNames.windowManager]),
        ...(config.audio ? [serviceNames.sound] : []),
      ],
      required: false,
      startTimeoutMs: 10_000,
      onExit: restart ? "restart" : "accept",
      start: () =>
        startApplication({
          command,
          spawner,
          env: this.#env(),
          connection: this.#runningDisplay().connection,
          endMayBeEarly: !restart,
        }),
    };
  }

  #videoStream(codec: VideoCodec): MediaStream {
    const { config, clock, catalogue } = this.#options;
    const name = `video-${codec}`;
    let latest: string | undefined;
    return new MediaStream({
      name,
      encoder: () => latest ?? catalogue.bestOf(codec) ?? "none",
      clockRate: videoClockRate,
      requires: serviceNames.display,
      startsKeyFrame: startsKeyFrame[codec],
      run: async (start) => {
        const encoders = await catalogue.working(codec, start.signal);
        const server = this.#runningDisplay();
        const { display, connection } = server;
        const running = await this.#videoRunner.run(
          {
            encoders,
            startMsOf: (element) => catalogue.startMsOf(element),
            frameRate: config.frameRate,
            bitrateBps: config.videoBitrateBps,
            threads: encoderThreads(),
          },
          { display, screen: connection.screen, env: this.#env(), server },
          start,
        );
        latest = running.element;
        this.#running.set(name, running);
        void running.exited.then(() => {
          if (this.#running.get(name) === running) this.#running.delete(name);
        });
        return running;
      },
      clock,
    });
  }

  #audioStream(): MediaStream {
    const { config, paths, spawner, clock } = this.#options;
    const pipeline = audioPipeline({
      fifo: soundFifo(paths),
      bitrateBps: config.audioBitrateBps,
    });
    return new MediaStream({
      name: serviceNames.audio,
      encoder: () => pipeline.encoder,
      clockRate: opusClockRate,
      requires: serviceNames.sound,
      startsKeyFrame: startsAnywhere,
      run: async (start) => {
        const sound = this.#sound;
        if (sound === undefined) {
          throw new StreamSpaceError(
            "sound-unreachable",
            "the sound server ended just now",
          );
        }
        const env = process.env;
        return await runAudio({ ...start, pipeline, env, spawner, sound });
      },
      clock,
    });
  }

  #runningDisplay(): RunningDisplay {
    if (this.#display === undefined) {
      throw new StreamSpaceError(
        "display-unreachable",
        "the display ended just now",
      );
    }
    return this.#display;
  }

  #env(): NodeJS.ProcessEnv {
    return this.#envOn(this.#runningDisplay());
  }

  #envOn({ display }: RunningDisplay): NodeJS.ProcessEnv {
    const { config, paths } = this.#options;
    return childEnvironment(process.env, {
      display,
      xauthority: config.display === undefined ? paths.xauthority : undefined,
      pulseServer: config.audio ? pulseServerAddress(paths) : undefined,
      timezone: config.timezone,
    });
  }
}
