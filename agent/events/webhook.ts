/**
 * Events by HTTP: one POST for each, signed where there is a secret.
 */
import { createHmac } from "node:crypto";
import { request as requestHttp, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { Undeliverable, type Deliver } from "./outbox.ts";

/** Of the signature: the HMAC-SHA-256 of "time.body", in hexadecimal digits. */
export const signatureHeader = "x-streamspace-signature";
/** Unix seconds of the try; a receiver refuses what is old. */
export const timestampHeader = "x-streamspace-timestamp";

/** What goes with a body. @param nowMs Unix time. */
export function webhookHeaders(
  body: string,
  options: { id: string; nowMs: number; secret: string | undefined },
): Record<string, string> {
  const time = String(Math.floor(options.nowMs / 1_000));
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "streamspace-agent",
    "x-streamspace-event-id": options.id,
    [timestampHeader]: time,
    ...(options.secret === undefined
      ? {}
      : {
          [signatureHeader]: `sha256=${createHmac("sha256", options.secret).update(`${time}.${body}`).digest("hex")}`,
        }),
  };
}

/** Whether another try may help: too many, too slow, or the server's own fault. */
export function isWorthAnotherTry(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * Posts events to `url`. A redirection is not followed: it would take the signature elsewhere.
 * @param options.url `http:` or `https:`, which {@link Config} has checked.
 */
export function webhook(options: {
  url: string;
  secret: string | undefined;
  wallMs: () => number;
}): Deliver {
  const url = new URL(options.url);
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return async (body, { id }, signal) => {
    const { secret } = options;
    const headers = webhookHeaders(body, {
      id,
      nowMs: options.wallMs(),
      secret,
    });
    const status = await post(
      send,
      url,
      {
        method: "POST",
        headers,
        signal,
        agent: false,
      },
      body,
    );
    if (status >= 200 && status < 300) return;
    const words = `the webhook answered ${status}`;
    throw isWorthAnotherTry(status)
      ? new Error(words)
      : new Undeliverable(words);
  };
}

/** The status of the answer; its body is nobody's business. */
function post(
  send: typeof requestHttp,
  url: URL,
  options: RequestOptions,
  body: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = send(url, options, (response) => {
      resolve(response.statusCode ?? 0);
      response.once("error", () => undefined); // It is cut off just below.
      response.destroy();
    });
    request.once("error", reject);
    request.end(body);
  });
}
