/**
 * The probes: `/healthz`, `/readyz` and `/health`.
 */
import type { IncomingMessage } from "node:http";
import type { HealthSnapshot } from "../../signaling/protocol.ts";
import {
  sendJson,
  sendText,
  type RequestHandler,
} from "../http/http-server.ts";
import type { Readiness } from "./health-report.ts";
import type { ServiceSnapshot } from "../supervisor/service.ts";

/** Where the routes get their answers. Every call is synchronous: a probe never waits. */
export interface HealthSource {
  report(): HealthSnapshot;
  /** Its status and reasons. */
  readiness(): Readiness;
  services(): readonly ServiceSnapshot[];
  /** Whether the request carries the session's token. */
  isAuthorized(request: IncomingMessage): boolean;
}

/**
 * - `/healthz`: 200 as long as the process serves.
 * - `/readyz`: 200 when a viewer who connects now would see the desktop, 503 with the reasons otherwise.
 * - `/health`: the whole snapshot; with the token also the last lines of output of each component,
 *   which may name files and arguments and are nobody else's business.
 */
export function healthHandler(source: HealthSource): RequestHandler {
  return (request, response, path) => {
    switch (path) {
      case "/healthz":
        sendText(response, 200, "ok");
        return true;
      case "/readyz": {
        const { status, reasons } = source.readiness();
        if (status === "not-ready") sendText(response, 503, reasons.join("\n"));
        else sendText(response, 200, status);
        return true;
      }
      case "/health": {
        const report = source.report();
        const status = report.status === "not-ready" ? 503 : 200;
        sendJson(
          response,
          status,
          source.isAuthorized(request) ? withOutput(report, source) : report,
        );
        return true;
      }
      default:
        return false;
    }
  };
}

function withOutput(report: HealthSnapshot, source: HealthSource): unknown {
  const lines = new Map(
    source.services().map(({ name, lastLines }) => [name, lastLines]),
  );
  return {
    ...report,
    components: report.components.map((component) => ({
      ...component,
      lastLines: lines.get(component.name) ?? [],
    })),
  };
}
