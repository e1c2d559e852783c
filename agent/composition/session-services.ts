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
import type { EncoderTrouble } from "../../encoders/runners/encoder-ladder.ts";
import { videoClockRate } from "../../encoders/video-encoding.ts";
import type { StreamFacts } from "../metrics/agent-metrics.ts";
import type { VideoCodec } from "../../signaling/protocol.ts";
import type { RunningDisplay } from "../session/display.ts";
import type { SessionPaths } from "../session/session-directory.ts";
import { pulseServerAddress } from "../session/sound-server.ts";
import type { ServiceSpec } from "../supervisor/service.ts";
import { DesktopServices } from "./desktop-services.ts";
import { MediaStream } from "./media-stream.ts";
import { hasMicrophone } from "./microphone-feature.ts";
import { serviceNames } from "./service-names.ts";
import { SessionAudio } from "./session-audio.ts";
import { SessionMicrophone } from "./session-microphone.ts";
import { SessionVnc } from "./session-vnc.ts";
import { VideoRunner } from "./video-runner.ts";

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
  input: DesktopServices["input"];
  screen: DesktopServices["screen"];
  cursor: DesktopServices["cursor"];
  clipboard: DesktopServices["clipboard"];
  keyboardLayout: DesktopServices["keyboardLayout"];
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

/** Makes the services for `config`; nothing is started yet. */
export function sessionServices(
  options: SessionServicesOptions,
): SessionServices {
  return new SessionComposition(options).compose();
}

class SessionComposition {
  readonly #options: SessionServicesOptions;
  readonly #desktop: DesktopServices;
  readonly #videoRunner: VideoRunner;
  #video: SessionServices["video"] = [];

  constructor(options: SessionServicesOptions) {
    this.#options = options;
    const { config, paths, spawner, clock, log } = options;
    this.#desktop = new DesktopServices({
      ...{ config, paths, spawner, log },
      // Where video is polled, it would be cut at the size it began with.
      onResized: (screen) => {
        for (const { stream } of this.#video) stream.resize(screen);
      },
    });
    this.#videoRunner = new VideoRunner({
      ...{ spawner, log, clock },
      capture: config.videoCapture,
      showPointer: config.cursor === "video",
    });
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
    const desktop = this.#desktop;
    const specs = [
      ...this.#desktop.specs(),
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
      input: desktop.input,
      screen: desktop.screen,
      cursor: desktop.cursor,
      clipboard: desktop.clipboard,
      keyboardLayout: desktop.keyboardLayout,
      display: () => desktop.display,
      encoderTroubles: () => this.#videoRunner.troubles(),
      encoderCounts: () => this.#videoRunner.counts(),
      videoChoice: (codec) => this.#videoRunner.choiceOf(codec),
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
        const server = this.#desktop.runningDisplay();
        const { display, connection } = server;
        return await this.#videoRunner.run(
          {
            encoders,
            startMsOf: (element) => catalogue.startMsOf(element),
            frameRate: config.frameRate,
            bitrateBps: config.videoBitrateBps,
            threads: encoderThreads(),
          },
          {
            display,
            screen: connection.screen,
            env: this.#desktop.env(),
            server,
          },
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
      sound: () => this.#desktop.sound,
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
      display: () => this.#desktop.runningDisplay(),
      env: () => this.#desktop.env(),
    });
  }
}

function factsOf(stream: MediaStream): Omit<StreamFacts, "stages"> {
  const { name, encoder, viewers, counts } = stream;
  return { name, kind: "video", encoder, viewers, counts };
}
