/**
 * The probes: /healthz, /readyz, /health.
 */
import { describe, expect, test } from "vitest";
import { healthHandler } from "../../../agent/health/health-routes.ts";
import type { RequestHandler } from "../../../agent/http/http-server.ts";
import type { HealthSnapshot } from "../../../signaling/protocol.ts";
import { serve } from "../../fakes/http.ts";

describe("the probes", () => {
  const report: HealthSnapshot = {
    status: "ready",
    reasons: [],
    version: "1.2.3",
    startedAt: "2026-01-01T00:00:00.000Z",
    display: null,
    video: [],
    encoders: [],
    viewers: 0,
    components: [
      {
        name: "display",
        state: "running",
        since: "x",
        restarts: 0,
        required: true,
      },
    ],
  };
  const probes = (changed: Partial<HealthSnapshot> = {}): RequestHandler =>
    healthHandler({
      report: () => ({ ...report, ...changed }),
      readiness: () => ({ ...report, ...changed }),
      services: () => [
        {
          name: "display",
          state: { name: "running", generation: 1, failures: 0, sinceMs: 0 },
          sinceMs: 0,
          restarts: 0,
          proven: true,
          required: true,
          lastError: undefined,
          lastLines: ["/home/somebody/file"],
        },
      ],
      isAuthorized: ({ headers }) => headers.authorization === "Bearer right",
    });

  test("/healthz is 200 whatever the session does", async () => {
    const listener = await serve([probes({ status: "not-ready" })]);
    await expect(listener.ask("/healthz")).resolves.toMatchObject({
      status: 200,
    });
  });

  test.each([
    { status: "ready", code: 200 },
    { status: "degraded", code: 200 },
    { status: "not-ready", code: 503 },
  ] as const)(
    "/readyz and /health are $code when $status",
    async ({ status, code }) => {
      const listener = await serve([
        probes({ status, reasons: ["the display does not answer"] }),
      ]);
      const ready = await listener.ask("/readyz");
      expect(ready.status).toBe(code);
      expect(ready.body).toBe(
        code === 503 ? "the display does not answer\n" : `${status}\n`,
      );
      const health = await listener.ask("/health");
      expect(health.status).toBe(code);
      expect(health.headers["content-type"]).toContain("application/json");
      expect(health.headers["cache-control"]).toBe("no-store");
      expect(JSON.parse(health.body)).toMatchObject({ status });
    },
  );

  test("/health shows what components wrote only with the token", async () => {
    const listener = await serve([probes()]);
    expect((await listener.ask("/health")).body).not.toContain("somebody");
    expect(
      (
        await listener.ask("/health", {
          headers: { authorization: "Bearer wrong" },
        })
      ).body,
    ).not.toContain("somebody");
    const full = await listener.ask("/health", {
      headers: { authorization: "Bearer right" },
    });
    expect(JSON.parse(full.body)).toMatchObject({
      components: [{ name: "display", lastLines: ["/home/somebody/file"] }],
    });
  });

  test("answer HEAD without a body", async () => {
    const listener = await serve([probes()]);
    await expect(
      listener.ask("/readyz", { method: "HEAD" }),
    ).resolves.toMatchObject({
      status: 200,
      body: "",
    });
  });
});
