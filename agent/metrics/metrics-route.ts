/**
 * The route `/metrics`. It tells no more than `/health` does without the token, and is as open.
 */
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { sendText, type RequestHandler } from "../http/http-server.ts";
import type { MetricSet } from "./metric-set.ts";

/** Answers `/metrics` in the text format of Prometheus. */
export function metricsHandler(
  metrics: MetricSet,
  log: Logger,
): RequestHandler {
  return (_request, response, path) => {
    if (path !== "/metrics") return false;
    metrics.exposition().then(
      (text) => {
        response
          .writeHead(200, {
            "Content-Type": metrics.contentType,
            "Cache-Control": "no-store",
          })
          .end(text);
      },
      (error: unknown) => {
        log.error({ reason: messageOf(error) }, "metrics cannot be read");
        sendText(response, 500, "An internal error.");
      },
    );
    return true;
  };
}
