/**
 * The services of a session, in the order in which they start. Their end is in the reverse order.
 */
import type { ChildSpawner } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { encoderThreads } from "../../encoders/describe-pipelines.ts";
import { startsKeyFrame } from "../../encoders/key-frames.ts";
import type { EncoderCatalogue } from "../../encoders/proof/catalogue.ts";
import { videoClockRate } from "../../encoders/video-encoding.ts";
import type { StreamFacts } from "../metrics/agent-metrics.ts";
import { clipboardLimits, type VideoCodec } from "../../signaling/protocol.ts";
import { demoCommand, startApplication } from "../session/application.ts";
import { childEnvironment } from "../session/child-environment.ts";
import { DesktopCursor } from "../session/desktop-cursor.ts";
import { DesktopClipboard } from "../session/desktop-clipboard.ts";
import { DesktopInput } from "../session/desktop-input.ts";
import { DesktopScreen } from "../session/desktop-screen.ts";
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
import {
  defaultWindowManager,
  startWindowManager,
} from "../session/window-manager.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { ServiceSpec } from "../supervisor/service.ts";
import type { X11Connection } from "../x11/connection.ts";
import { openInputInjector } from "../x11/input-injector.ts";
import type { EncoderTrouble } from "../../encoders/runners/encoder-ladder.ts";
import { attachClipboard } from "./display-clipboard.ts";
import { MediaStream } from "./media-stream.ts";
import { hasMicrophone } from "./microphone-feature.ts";
import { largestScreen, screenPolicy } from "./resize-feature.ts";
import { SessionAudio } from "./session-audio.ts";
import { SessionMicrophone } from "./session-microphone.ts";
import { SessionVnc } from "./session-vnc.ts";
import { VideoRunner } from "./video-runner.ts";

/** Names of the services, as they appear in health and logs. */
export const serviceNames = {
  display: "display",
  windowManager: "window-manager",
  sound: "sound",
  application: "application",
  audio: "audio",
  microphone: "microphone",
} as const;

/** The services, and the parts of the session that other parts talk to. */
export interface SessionServices {
  specs: readonly ServiceSpec[];
  video: readonly { codec: VideoCodec; stream: MediaStream }[];
  audio: SessionAudio | undefined;
  /** What viewers may speak into; `undefined` where the settings allow none. */
  microphone: SessionMicrophone | undefined;
  vnc: SessionVnc;
  /** All streams, for metrics. */
  streams(): readonly StreamFacts[];
  input: DesktopInput;
  screen: DesktopScreen;
  cursor: DesktopCursor;
  clipboard: DesktopClipboard;
  keyboardLayout: KeyboardLayout;
  /** The display that runs now. */
  display(): RunningDisplay | undefined;
  /** Encoders that have failed in this session. */
  encoderTroubles(): readonly EncoderTrouble[];
  /** How often encoders failed, and what else happened in them. */
  encoderCounts(): ReturnType<VideoRunner["counts"]>;
  /** How the frames of a codec come about, and why another encoder would be better, for the health report. */
  videoChoice(codec: VideoCodec): {
    capture: string;
    whyBelowBest: string | undefined;
  };
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

class SessionComposition {
  readonly #options: SessionServicesOptions;
  readonly #input = new DesktopInput();
  readonly #screen: DesktopScreen;
  readonly #cursor: DesktopCursor;
  readonly #clipboard: DesktopClipboard;
  readonly #keyboardLayout: KeyboardLayout;
  readonly #videoRunner: VideoRunner;
  #video: SessionServices["video"] = [];
  #display: RunningDisplay | undefined;
  #sound: RunningSound | undefined;

  constructor(options: SessionServicesOptions) {
    this.#options = options;
    this.#clipboard = new DesktopClipboard({
      log: options.log,
      eagerBytes: clipboardLimits.eagerBytes,
    });
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
      showPointer: options.config.cursor === "video",
    });
    const { config, log } = options;
    this.#screen = new DesktopScreen({ policy: screenPolicy(config), log });
    this.#cursor = new DesktopCursor(log);
  }

  compose(): SessionServices {
    const { config } = this.#options;
    const video = config.videoCodecs.map((codec) => ({
      codec,
      stream: this.#videoStream(codec),
    }));
    this.#video = video;
    const audio = config.audio ? this.#sessionAudio() : undefined;
    const microphone = hasMicrophone(config)
      ? this.#sessionMicrophone()
      : undefined;
    const vnc = this.#sessionVnc();
    const specs = [
      this.#displaySpec(),
      this.#soundSpec(),
      this.#windowManagerSpec(),
      this.#applicationSpec(),
      ...video.map(({ stream }) => stream.spec),
      audio?.stream.spec,
      microphone?.spec,
      ...vnc.specs,
    ].filter((spec) => spec !== undefined);
    return {
      specs,
      video,
      audio,
      microphone,
      vnc,
      streams: () => [
        ...video.map(({ codec, stream }) => ({
          ...factsOf(stream),
          stages: this.#videoRunner.reportOf(codec)?.lastBeat,
        })),
        ...(audio?.facts() ?? []),
      ],
      input: this.#input,
      screen: this.#screen,
      cursor: this.#cursor,
      clipboard: this.#clipboard,
      keyboardLayout: this.#keyboardLayout,
      display: () => this.#display,
      encoderTroubles: () => this.#videoRunner.troubles(),
      encoderCounts: () => this.#videoRunner.counts(),
      videoChoice: (codec) => this.#videoRunner.choiceOf(codec),
    };
  }

  #displaySpec(): ServiceSpec {
    const { config, paths, spawner } = this.#options;
    const attached = config.display;
    const own = new OwnDisplay({
      spawner,
      ...largestScreen(config),
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
          await this.#attach(display.connection);
        } catch (error) {
          this.#detach();
          await display.close();
          throw error;
        }
        await attachClipboard(display, this.#clipboard, {
          ...{ config, log: this.#options.log, signal: context.signal },
          xauthorityPath: attached === undefined ? paths.xauthority : undefined,
        });
        this.#display = display;
        this.#followScreen(display.connection);
        void display.exited.then(() => {
          if (this.#display !== display) return;
          this.#display = undefined;
          this.#detach();
        });
        return display;
      },
    };
  }

  async #attach(connection: X11Connection): Promise<void> {
    const { log } = this.#options;
    // The size first: nobody is to see, or point at, the one that the server began with.
    await this.#screen.attach(connection);
    await this.#cursor.attach(connection);
    this.#input.attach(await openInputInjector(connection, { log }));
  }

  #detach(): void {
    this.#screen.detach();
    this.#cursor.detach();
    this.#input.detach();
  }

  /** Tells video of each new size of the screen: where it is polled, it would be cut at the size it began with. */
  #followScreen(connection: X11Connection): void {
    connection.onEvent((event) => {
      if (event.kind !== "configure" || event.window !== connection.root)
        return;
      for (const { stream } of this.#video) stream.resize(connection.screen);
    });
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
          {
            ...{ spawner, paths, env: process.env },
            channels: config.audioChannels,
            microphone: hasMicrophone(config),
          },
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
    return new MediaStream({
      name,
      encoder: () =>
        this.#videoRunner.reportOf(codec)?.element ??
        catalogue.bestOf(codec) ??
        "none",
      clockRate: videoClockRate,
      requires: serviceNames.display,
      startsKeyFrame: startsKeyFrame[codec],
      rates: {
        targetBps: config.videoBitrateBps,
        frameRate: config.frameRate,
      },
      run: async (start) => {
        const encoders = await catalogue.working(codec, start.signal);
        const server = this.#runningDisplay();
        const { display, connection } = server;
        return await this.#videoRunner.run(
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
      },
      clock,
    });
  }

  #sessionAudio(): SessionAudio {
    return new SessionAudio({
      ...this.#options,
      name: serviceNames.audio,
      requires: serviceNames.sound,
      sound: () => this.#sound,
    });
  }

  #sessionMicrophone(): SessionMicrophone {
    const { paths, spawner, clock } = this.#options;
    return new SessionMicrophone({
      ...{ spawner, clock },
      name: serviceNames.microphone,
      requires: serviceNames.sound,
      env: {
        ...process.env,
        PULSE_SERVER: pulseServerAddress(paths),
        PULSE_COOKIE: paths.pulseCookie,
      },
    });
  }

  #sessionVnc(): SessionVnc {
    return new SessionVnc({
      ...this.#options,
      requires: serviceNames.display,
      display: () => this.#runningDisplay(),
      env: () => this.#env(),
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

function factsOf(stream: MediaStream): Omit<StreamFacts, "stages"> {
  const { name, encoder, viewers, counts } = stream;
  return { name, kind: "video", encoder, viewers, counts };
}
