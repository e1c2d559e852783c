import { get } from "node:http";
import { isIPv6 } from "node:net";
import { messageOf, systemCodeOf } from "../../base/errors.ts";
import type { Config } from "../../config/settings.ts";
import { readSessionFacts } from "../../session/session-directory.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";

const deadlineMs = 1_000;
const longestAnswer = 200;

/**
 * Asks the agent that `config` describes whether it is ready; writes one line.
 * @returns 0 when it is, 1 when it is not or does not answer within a second.
 */
export async function healthcheck(options: {
  config: Config;
  output: Output;
}): Promise<number> {
  const { config, output } = options;
  // Port 0 lets the agent take any; the session's own notes say which.
  const listener =
    config.port === 0 ? readSessionFacts(config.runtimeDir) : config;
  if (listener === undefined) {
    output.note(
      `unhealthy: no agent runs with the run-time directory ${config.runtimeDir}, and port 0 names none`,
    );
    return exitCodes.failure;
  }
  const url = `http://${addressOf(listener.host)}:${listener.port}/readyz`;
  try {
    const { status, text } = await fetchText(url);
    const says = text.replaceAll(/\s+/g, " ").trim().slice(0, longestAnswer);
    if (status === 200) {
      output.result(`ready: ${url}`);
      return exitCodes.ok;
    }
    output.note(`unhealthy: ${url} answered ${status}: ${says}`);
  } catch (error) {
    output.note(`unhealthy: ${url} does not answer (${reasonOf(error)})`);
  }
  return exitCodes.failure;
}

/** The address at which a listener on `host` is reached from this machine. */
function addressOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return isIPv6(host) ? `[${host}]` : host;
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") {
    return `nothing within ${deadlineMs} ms`;
  }
  return systemCodeOf(error) ?? messageOf(error);
}

async function fetchText(
  url: string,
): Promise<{ status: number; text: string }> {
  return await new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(deadlineMs);
    get(url, { signal, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (text.length < longestAnswer) text += chunk;
      });
      response.once("error", reject);
      response.once("end", () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    }).once("error", reject);
  });
}
