/**
 * The running agent: everything between the session directory and the last log line, with the order in which it starts
 * and ends.
 */
import { writeFileSync } from "node:fs";
import { ChildSpawner } from "../base/child-process.ts";
import { systemClock } from "../base/clock.ts";
import type { StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { agentVersion } from "../config/version.ts";
import { ShortageWatch } from "../health/shortage-watch.ts";
import { HttpServer } from "../http/http-server.ts";
import type { SessionPaths } from "../session/session-directory.ts";
import type { SharedFolder } from "../session/shared-folder.ts";
import type { Guard } from "../supervisor/guard.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { EncoderCatalogue } from "../../encoders/proof/catalogue.ts";
import { isOriginAllowed } from "../../signaling/auth.ts";
import { fixedTokens } from "../../signaling/authenticator.ts";
import { SessionEnding } from "../../signaling/features/ending.ts";
import type { Sharing } from "../../signaling/features/sharing.ts";
import { SignalingServer } from "../../signaling/signaling-server.ts";
import { weriftPeers } from "../../signaling/webrtc/werift-peer.ts";
import { encoderCatalogue } from "./encoder-catalogue.ts";
import { untilViewersLeft, type EndRequest } from "./end-request.ts";
import { sharedFolder } from "./files-feature.ts";
import { ReadinessNotes } from "./readiness-notes.ts";
import { reasonToEnd } from "./reason-to-end.ts";
import { SessionReport } from "./session-report.ts";
import { allowedOrigins, pageUrl, sessionRoutes } from "./session-routes.ts";
import { sessionServices, type SessionServices } from "./session-services.ts";
import { superviseSession } from "./session-supervisor.ts";
import type { SessionWatch } from "./session-watch.ts";
import {
  sessionSharing,
  sessionTokens,
  type SessionTokens,
} from "./sharing-feature.ts";
import { VideoProof } from "./video-proof.ts";
import { viewerSession } from "./viewer-session.ts";
import { VncFeature } from "./vnc-feature.ts";

/** See the module's description. */
export class Agent {
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
    this.#supervisor = superviseSession(this.#services, log);
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
      ...{ config, log, clock: systemClock, watch },
      vnc: this.#services.vnc,
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
    const reason = reasonToEnd({
      onApplicationExit: this.#config.onApplicationExit,
      services: this.#services,
      supervisor: this.#supervisor,
      catalogue: this.#catalogue,
      wasReady: this.#readiness.wasReady,
    });
    if (reason !== undefined) this.#resolveEnded(reason);
  }

  /** A proof that the session has disproved is not believed at the next start. */
  #noteTroubles(): void {
    for (const { element, isBarred } of this.#services.encoderTroubles()) {
      if (isBarred) this.#catalogue.reportFailure(element);
    }
  }
}
