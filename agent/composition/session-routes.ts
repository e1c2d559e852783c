/**
 * What the agent's listener answers: VNC, probes, metrics, the page, and WebSockets; and the address of it all.
 */
import { fileURLToPath } from "node:url";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { healthHandler } from "../health/health-routes.ts";
import type { HttpServer } from "../http/http-server.ts";
import { pageHandler } from "../http/page.ts";
import { agentMetrics } from "../metrics/agent-metrics.ts";
import { metricsHandler } from "../metrics/metrics-route.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { bearerToken } from "../../signaling/auth.ts";
import type { SignalingServer } from "../../signaling/signaling-server.ts";
import type { SessionReport } from "./session-report.ts";
import type { SessionServices } from "./session-services.ts";
import type { VncFeature } from "./vnc-feature.ts";

/** A listener, but for where it listens. */
export type SessionRoutes = Omit<
  Parameters<typeof HttpServer.listen>[0],
  "host" | "port"
>;

/**
 * The routes of a session, in the order in which they are asked.
 * @throws StreamSpaceError `missing-program` when the client has not been built.
 */
export function sessionRoutes(options: {
  config: Config;
  log: Logger;
  report: SessionReport;
  services: SessionServices;
  supervisor: Supervisor;
  signaling: SignalingServer;
  vnc: VncFeature;
}): SessionRoutes {
  const { config, log, report, services, supervisor, signaling, vnc } = options;
  const page = pageHandler(
    fileURLToPath(new URL(clientDirectory(), import.meta.url)),
    (origin) =>
      config.allowedOrigins === "*" || config.allowedOrigins.includes(origin),
  );
  return {
    log,
    handlers: [
      ...vnc.handlers,
      healthHandler({
        report: () => report.health(),
        readiness: () => report.readiness(),
        services: () => supervisor.snapshot(),
        isAuthorized: ({ headers, socket }) =>
          signaling.isAuthorized(
            socket.remoteAddress ?? "unknown",
            bearerToken(headers.authorization),
          ),
      }),
      metricsHandler(
        agentMetrics({
          report: () => report.health(),
          streams: () => services.streams(),
          encoderCounts: () => services.encoderCounts(),
        }),
        log,
      ),
      page,
    ],
    onUpgrade: (request, socket, head) => {
      if (!vnc.upgrade(request, socket, head))
        signaling.upgrade(request, socket, head);
    },
  };
}

/** The origins whose pages may open a session, as signaling takes them. */
export function allowedOrigins({
  allowedOrigins: origins,
}: Config): readonly string[] {
  return origins === "*" ? ["*"] : origins;
}

/** The address a person opens; a wildcard listener is reached through loopback. */
export function pageUrl(host: string, port: number): string {
  const wildcard = host === "0.0.0.0" || host === "::";
  const name = wildcard ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}/`;
}

/** The built client, seen from the sources (`agent/composition/`) and from a build (`dist/agent/composition/`). */
function clientDirectory(): string {
  return import.meta.url.endsWith(".ts")
    ? "../../dist/client/"
    : "../../client/";
}
