/**
 * The composition root: puts the agent together, waits, and takes it apart.
 *
 * Start: preconditions, session directory, guard, listener, services. End: the reverse.
 */
import { writeFileSync } from "node:fs";
import { ChildSpawner } from "./base/child-process.ts";
import { systemClock } from "./base/clock.ts";
import { StreamSpaceError } from "./base/errors.ts";
import type { Logger } from "./base/log.ts";
import {
  checkPreconditions,
  claimSessionDirectory,
  markEnvironment,
} from "./composition/before-start.ts";
import { serviceNames } from "./composition/service-names.ts";
import {
  sessionServices,
  type SessionServices,
} from "./composition/session-services.ts";
import {
  sessionSharing,
  sessionTokens,
  type SessionTokens,
} from "./composition/sharing-feature.ts";
import { VncFeature } from "./composition/vnc-feature.ts";
import {
  EndRequests,
  untilViewersLeft,
  type EndRequest,
} from "./composition/end-request.ts";
import { ReadinessNotes } from "./composition/readiness-notes.ts";
import { SessionReport } from "./composition/session-report.ts";
import {
  allowedOrigins,
  pageUrl,
  sessionRoutes,
} from "./composition/session-routes.ts";
import { SessionWatch } from "./composition/session-watch.ts";
import { VideoProof } from "./composition/video-proof.ts";
import { sharedFolder } from "./composition/files-feature.ts";
import { viewerSession } from "./composition/viewer-session.ts";
import { describeConfig } from "./config/describe-config.ts";
import type { Config } from "./config/settings.ts";
import { agentVersion } from "./config/version.ts";
import { ShortageWatch } from "./health/shortage-watch.ts";
import { HttpServer } from "./http/http-server.ts";
import {
  removeSessionDirectory,
  type SessionPaths,
} from "./session/session-directory.ts";
import type { SharedFolder } from "./session/shared-folder.ts";
import type { EncoderCatalogue } from "../encoders/proof/catalogue.ts";
import { encoderCatalogue } from "./composition/encoder-catalogue.ts";
import { Guard } from "./supervisor/guard.ts";
import { killMarkedProcesses } from "./supervisor/marked-processes.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { SignalingServer } from "../signaling/signaling-server.ts";
import { isOriginAllowed } from "../signaling/auth.ts";
import { fixedTokens } from "../signaling/authenticator.ts";
import { SessionEnding } from "../signaling/features/ending.ts";
import type { Sharing } from "../signaling/features/sharing.ts";
import { weriftPeers } from "../signaling/webrtc/werift-peer.ts";

/** What {@link runAgent} is given. */
export interface AgentOptions {
  config: Config;
  /** Sentences about the configuration that are worth a log line. */
  warnings: readonly string[];
  log: Logger;
}

/**
 * Runs the agent until a signal, or its application's end, asks it to stop.
 * @returns the exit code: 0 after an orderly end.
 * @throws StreamSpaceError when it cannot start, with one sentence and the mend.
 */
export async function runAgent(options: AgentOptions): Promise<number> {
  const { config, warnings, log } = options;
  for (const warning of warnings) log.warn(warning);
  log.debug({ config: describeConfig(config) }, "the configuration");
  // Signals count from the first moment: a start that is called off still ends in order.
  const ending = new EndRequests(log);
  const mark = markEnvironment();
  await checkPreconditions(config);
  await using stack = new AsyncDisposableStack();
  const watch = new SessionWatch({ config, log });
  stack.defer(() => watch.close());
  const directory = claimSessionDirectory(config, log);
  const { paths } = directory;
  stack.defer(() => {
    removeSessionDirectory(directory);
  });
  stack.defer(() => {
    killMarkedProcesses(mark);
  });
  const guard = stack.use(
    new Guard({
      directory: paths.session,
      parent: directory.madeRuntimeDir ? config.runtimeDir : undefined,
      mark,
      log,
    }),
  );
  const agent = new Agent({ config, paths, log, guard, watch });
  stack.defer(() => agent.close());
  await agent.start();
  const end = await Promise.race([ending.requested, agent.ended]);
  const request =
    end instanceof StreamSpaceError
      ? { reason: end.message, isGraceful: false }
      : end;
  await agent.drain(request, ending.hurry);
  limitShutdown(log);
  if (end instanceof StreamSpaceError) throw end;
  log.info({ reason: request.reason }, "the session ends");
  return 0;
}

/** Orchestrators kill what has not ended in time; whatever still hangs then is the guard's to end. */
const shutdownLimitMs = 4_700;

function limitShutdown(log: Logger): void {
  setTimeout(() => {
    log.error("the session did not end in time; giving up on what is left");
    process.exit(1);
  }, shutdownLimitMs).unref();
}

/** The running agent: everything between the session directory and the last log line. */
class Agent {
  /** Settles when the session ends by itself: the reason, or the error that makes it pointless. */
  readonly ended: Promise<EndRequest | StreamSpaceError>;
  readonly #config: Config;
  readonly #paths: SessionPaths;
  readonly #log: Logger;
  readonly #tokens: SessionTokens;
  readonly #sharing: Sharing;
  readonly #catalogue: EncoderCatalogue;
  readonly #services: SessionServices;
  readonly #supervisor: Supervisor;
  readonly #signaling: SignalingServer;
  readonly #vnc: VncFeature;
  readonly #proof: VideoProof;
  readonly #folder: SharedFolder | undefined;
  readonly #watch: SessionWatch;
  readonly #farewell = new SessionEnding(systemClock);
  readonly #shortages: ShortageWatch;
  readonly #report: SessionReport;
  readonly #readiness: ReadinessNotes;
  readonly #resolveEnded: (reason: EndRequest | StreamSpaceError) => void;
  #http: HttpServer | undefined;
  #isAnnounced = false;
  #ending = false;
  #endReason = "it could not go on";

  constructor(options: {
    config: Config;
    paths: SessionPaths;
    log: Logger;
    guard: Guard;
    watch: SessionWatch;
  }) {
    const { config, paths, log, guard, watch } = options;
    this.#config = config;
    this.#watch = watch;
    this.#paths = paths;
    this.#log = log;
    const { promise, resolve } = Promise.withResolvers<
      EndRequest | StreamSpaceError
    >();
    this.ended = promise;
    this.#resolveEnded = resolve;
    const startedAtMs = systemClock.wallMs();
    this.#readiness = this.#readinessNotes(startedAtMs);
    this.#tokens = sessionTokens(config);
    this.#sharing = sessionSharing({ config, tokens: this.#tokens, log });
    const spawner = new ChildSpawner({ observer: guard });
    this.#catalogue = encoderCatalogue({ config, spawner, log });
    this.#services = sessionServices({
      config,
      paths,
      spawner,
      clock: systemClock,
      log,
      catalogue: this.#catalogue,
    });
    this.#supervisor = new Supervisor({
      services: this.#services.specs,
      clock: systemClock,
      log,
    });
    for (const { stream } of this.#services.video) {
      stream.bind(this.#supervisor.service(stream.name));
    }
    const { audio, microphone, vnc } = this.#services;
    audio?.stream.bind(this.#supervisor.service(audio.stream.name));
    microphone?.bind(this.#supervisor.service(microphone.spec.name));
    vnc.bind((name) => this.#supervisor.service(name));
    this.#proof = new VideoProof(
      this.#services.video.map(({ codec, stream }) => ({
        service: this.#supervisor.service(stream.name),
        mayWork: () => this.#catalogue.mayEncode(codec),
      })),
    );
    this.#folder = sharedFolder(config, log);
    this.#shortages = new ShortageWatch({
      directory: paths.session,
      onChange: () => {
        // A descriptor or a kilobyte may be all that a service lacked.
        if (!this.#shortages.isShort) this.#supervisor.retryNow();
        this.#review();
      },
    });
    this.#report = new SessionReport({
      ...{ config, startedAtMs, watch },
      services: this.#services,
      supervisor: this.#supervisor,
      catalogue: this.#catalogue,
      shortages: this.#shortages,
      viewers: () => this.#signaling.viewers.length,
      vncClients: () => this.#vnc.clients,
      isEnding: () => this.#ending,
    });
    this.#signaling = new SignalingServer({
      session: watch.watched(
        viewerSession({
          config,
          services: this.#services,
          supervisor: this.#supervisor,
          createPeer: weriftPeers({ clock: systemClock, log }),
          report: () => this.#report.health(),
          mayEncode: (codec) => this.#catalogue.mayEncode(codec),
          folder: this.#folder,
          sharing: this.#sharing,
          farewell: this.#farewell,
        }),
      ),
      clock: systemClock,
      log,
      authenticator: fixedTokens(this.#tokens),
      allowedOrigins: allowedOrigins(config),
    });
    this.#vnc = new VncFeature({
      ...{ config, log, clock: systemClock, vnc, watch },
      input: this.#services.input,
      screen: this.#services.screen,
      clipboard: this.#services.clipboard,
      access: {
        roleOf: (address, token) => this.#signaling.roleOf(address, token),
        isOriginAllowed: (origin, host) =>
          isOriginAllowed({ origin, host, allowed: allowedOrigins(config) }),
        isOwnOrigin: (origin, host) =>
          isOriginAllowed({ origin, host, allowed: [] }),
      },
    });
  }

  #readinessNotes(startedAtMs: number): ReadinessNotes {
    return new ReadinessNotes({
      paths: this.#paths,
      events: this.#watch.events,
      log: this.#log,
      startedAtMs,
      onReady: () => {
        this.#catalogue.proceed();
      },
      place: () => {
        const display = this.#services.display();
        if (display === undefined) return undefined;
        return {
          host: this.#config.host,
          port: this.#http?.port ?? this.#config.port,
          display: display.display,
          ...(this.#config.display === undefined
            ? { xauthority: this.#paths.xauthority }
            : {}),
        };
      },
    });
  }

  /** Opens the listener and lets the services start; resolves when the listener is open. */
  async start(): Promise<void> {
    const { host, port } = this.#config;
    const routes = sessionRoutes({
      ...{ config: this.#config, log: this.#log, report: this.#report },
      services: this.#services,
      supervisor: this.#supervisor,
      signaling: this.#signaling,
      vnc: this.#vnc,
    });
    const http = await HttpServer.listen({ ...routes, host, port });
    this.#http = http;
    await this.#vnc.listen(routes);
    const { controller, viewer } = this.#tokens;
    writeFileSync(this.#paths.token, controller, { mode: 0o600 });
    writeFileSync(this.#paths.viewerToken, viewer, { mode: 0o600 });
    this.#supervisor.onChange(() => {
      this.#review();
    });
    this.#catalogue.onChange(() => {
      this.#review();
    });
    void this.#folder?.start();
    this.#catalogue.start();
    this.#supervisor.start();
    this.#proof.review();
    this.#watch.events.tell({
      type: "session.started",
      version: agentVersion(),
    });
    this.#announce();
  }

  /**
   * Prints the address, once, when the start can no longer end for want of an encoder: whoever reads it opens it. Earlier
   * starts are remembered, so that this is known at once; a first one encodes its frames while the display starts.
   */
  #announce(): void {
    const port = this.#http?.port;
    if (this.#isAnnounced || port === undefined) return;
    if (!this.#catalogue.suffices) return;
    this.#isAnnounced = true;
    const url = pageUrl(this.#config.host, port);
    // Standard output is for this line alone, so that a program can read it.
    process.stdout.write(`${url}#token=${this.#tokens.controller}\n`);
  }

  /** From now on not ready; tells viewers, and leaves them the time that the settings say. */
  async drain(request: EndRequest, hurry: AbortSignal): Promise<void> {
    const viewers = (): number =>
      this.#signaling.viewers.length + this.#vnc.clients;
    const graceMs =
      request.isGraceful && viewers() > 0
        ? this.#config.endGraceSeconds * 1_000
        : 0;
    this.#ending = true;
    this.#endReason = request.reason;
    this.#watch.events.tell({
      type: "session.ending",
      reason: request.reason,
      graceMs,
    });
    this.#farewell.begin(graceMs);
    await untilViewersLeft({ viewers, graceMs, hurry });
  }

  /** Ends viewers, services and listener, in this order. */
  async close(): Promise<void> {
    this.#ending = true;
    this.#shortages.close();
    await this.#signaling.close();
    await this.#folder?.close();
    await this.#vnc.close();
    this.#watch.events.tell({ type: "session.ended", reason: this.#endReason });
    // What waits for its receiver is sent while the services end.
    const told = this.#watch.close();
    this.#sharing.close();
    await this.#catalogue.close();
    await this.#supervisor.close();
    await told;
    await this.#http?.close();
  }

  /** After each change of a service. */
  #review(): void {
    if (this.#ending) return;
    this.#announce();
    this.#proof.review();
    this.#noteTroubles();
    this.#readiness.note(this.#report.readiness());
    this.#endWithApplication();
    this.#endWithoutHope();
  }

  /** A proof that the session has disproved is not believed at the next start. */
  #noteTroubles(): void {
    for (const { element, isBarred } of this.#services.encoderTroubles()) {
      if (isBarred) this.#catalogue.reportFailure(element);
    }
  }

  #endWithApplication(): void {
    if (this.#config.onApplicationExit !== "stop") return;
    const application = this.#supervisor
      .snapshot()
      .find(({ name }) => name === serviceNames.application);
    if (application?.state.name !== "stopped") return;
    this.#resolveEnded({
      reason: `the application ${application.state.reason}`,
      isGraceful: false,
    });
  }

  /** A session that never had a picture, and lacks what no retry brings, says so and ends. */
  #endWithoutHope(): void {
    const { explicitFailure } = this.#catalogue;
    if (explicitFailure !== undefined) this.#resolveEnded(explicitFailure);
    if (this.#readiness.wasReady) return;
    const errors = this.#services.video.map(
      ({ stream }) => this.#supervisor.service(stream.name).startError,
    );
    const [first] = errors;
    if (
      first !== undefined &&
      errors.every((error) => error?.code === "missing-element")
    ) {
      this.#resolveEnded(first);
    }
  }
}
