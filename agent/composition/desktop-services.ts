/**
 * The services that make the desktop: display, sound, window manager, application; and the parts of the session that go
 * with the display from one server to the next.
 */
import type { ChildSpawner } from "../base/child-process.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { clipboardLimits } from "../../signaling/protocol.ts";
import { demoCommand, startApplication } from "../session/application.ts";
import { childEnvironment } from "../session/child-environment.ts";
import { DesktopClipboard } from "../session/desktop-clipboard.ts";
import { DesktopCursor } from "../session/desktop-cursor.ts";
import { DesktopInput } from "../session/desktop-input.ts";
import { DesktopScreen } from "../session/desktop-screen.ts";
import { attachDisplay, type RunningDisplay } from "../session/display.ts";
import { KeyboardLayout } from "../session/keyboard-layout.ts";
import { OwnDisplay } from "../session/own-display.ts";
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
import type { ServiceSpec } from "../supervisor/service.ts";
import type { X11Connection } from "../x11/connection.ts";
import { openInputInjector } from "../x11/input-injector.ts";
import { attachClipboard } from "./display-clipboard.ts";
import { hasMicrophone } from "./microphone-feature.ts";
import { ownXServer } from "./own-x-server.ts";
import { screenPolicy } from "./resize-feature.ts";
import { serviceNames } from "./service-names.ts";

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

/** What {@link DesktopServices} are made for. */
export interface DesktopOptions {
  config: Config;
  paths: SessionPaths;
  spawner: ChildSpawner;
  log: Logger;
  /** The screen has another size, in pixels. Must not throw. */
  onResized: (screen: X11Connection["screen"]) => void;
}

/** See the module's description. Nothing is started yet. */
export class DesktopServices {
  readonly input = new DesktopInput();
  readonly screen: DesktopScreen;
  readonly cursor: DesktopCursor;
  readonly clipboard: DesktopClipboard;
  readonly keyboardLayout: KeyboardLayout;
  readonly #options: DesktopOptions;
  #display: RunningDisplay | undefined;
  #sound: RunningSound | undefined;

  constructor(options: DesktopOptions) {
    this.#options = options;
    const { config, log, spawner } = options;
    this.clipboard = new DesktopClipboard({
      log,
      eagerBytes: clipboardLimits.eagerBytes,
    });
    this.keyboardLayout = new KeyboardLayout({
      ...{ spawner, log },
      layout: config.keyboardLayout ?? "",
    });
    this.screen = new DesktopScreen({ policy: screenPolicy(config), log });
    this.cursor = new DesktopCursor(log);
  }

  /** In the order in which they start; those that the settings leave out are not among them. */
  specs(): ServiceSpec[] {
    return [
      this.#displaySpec(),
      this.#soundSpec(),
      this.#windowManagerSpec(),
      this.#applicationSpec(),
    ].filter((spec) => spec !== undefined);
  }

  /** The display that runs now. */
  get display(): RunningDisplay | undefined {
    return this.#display;
  }

  /** The sound server that was started last. */
  get sound(): RunningSound | undefined {
    return this.#sound;
  }

  /** @throws StreamSpaceError `display-unreachable` where no display runs. */
  runningDisplay(): RunningDisplay {
    if (this.#display === undefined) {
      throw new StreamSpaceError(
        "display-unreachable",
        "the display ended just now",
      );
    }
    return this.#display;
  }

  /** The environment of programs of the session. @throws StreamSpaceError as {@link runningDisplay}. */
  env(): NodeJS.ProcessEnv {
    return this.#envOn(this.runningDisplay());
  }

  #displaySpec(): ServiceSpec {
    const { config, paths, spawner } = this.#options;
    const attached = config.display;
    const own = new OwnDisplay({
      ...{ spawner, xauthority: paths.xauthority },
      server: ownXServer(config, paths),
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
          await this.keyboardLayout.attach(
            this.#envOn(display),
            context.signal,
          );
          await this.#attach(display.connection);
        } catch (error) {
          this.#detach();
          await display.close();
          throw error;
        }
        await attachClipboard(display, this.clipboard, {
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
    await this.screen.attach(connection);
    await this.cursor.attach(connection);
    this.input.attach(await openInputInjector(connection, { log }));
  }

  #detach(): void {
    this.screen.detach();
    this.cursor.detach();
    this.input.detach();
  }

  #followScreen(connection: X11Connection): void {
    connection.onEvent((event) => {
      if (event.kind !== "configure" || event.window !== connection.root)
        return;
      this.#options.onResized(connection.screen);
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
            folder: this.#options.paths.session,
            spawner: this.#options.spawner,
            env: this.env(),
            connection: this.runningDisplay().connection,
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
          env: this.env(),
          connection: this.runningDisplay().connection,
          endMayBeEarly: !restart,
        }),
    };
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
