/**
 * Requests to one registry: its address, its credentials, deadlines, and what is said when nothing answers.
 */
import { messageOf } from "../../agent/base/errors.ts";
import { BuildFailure } from "./failure.ts";
import {
  fetchToken,
  findCredentials,
  parseChallenge,
} from "./registry-credentials.ts";

const requestTimeoutMs = 30_000;

export interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: Blob | Buffer;
  /** For the whole answer; 30 s where absent. */
  timeoutMs?: number;
}

export class RegistryConnection {
  /** `host[:port]`. */
  readonly host: string;
  readonly #origin: string;
  readonly #signal: AbortSignal;
  /** The `Authorization` header by repository. */
  readonly #authorizations = new Map<string, string>();

  constructor(host: string, signal: AbortSignal) {
    this.host = host;
    // As docker, podman and skopeo do it: TLS, but for a registry on the machine itself.
    const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
    this.#origin = `${isLoopback ? "http" : "https"}://${host}`;
    this.#signal = signal;
  }

  /** @throws BuildFailure `unavailable` where nothing answers, or something that is no registry. */
  async ping(): Promise<void> {
    const response = await this.#fetch(`${this.#origin}/v2/`, {});
    await response.body?.cancel();
    if (response.status === 200 || response.status === 401) return;
    throw new BuildFailure(
      "unavailable",
      `${this.host} is no container registry: it answers ${response.status}`,
    );
  }

  /**
   * The address of an upload, which a registry may give relative to itself.
   * @throws BuildFailure `failed` where it gives none.
   */
  addressOf(repository: string, location: string | null): URL {
    if (location === null) {
      throw new BuildFailure(
        "failed",
        `${this.host} gives no place to upload to`,
      );
    }
    return new URL(location, `${this.#origin}/v2/${repository}/`);
  }

  /** A request about a repository, with a token where the registry wants one. */
  async ask(
    repository: string,
    path: string | URL,
    options: RequestOptions,
  ): Promise<Response> {
    const address =
      typeof path === "string"
        ? `${this.#origin}/v2/${repository}/${path}`
        : path.href;
    const request = (): Promise<Response> => {
      const authorization = this.#authorizations.get(repository);
      return this.#fetch(address, {
        ...options,
        headers: {
          ...options.headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
      });
    };
    const response = await request();
    if (response.status !== 401) return response;
    await response.body?.cancel();
    await this.#authorize(repository, response);
    return request();
  }

  async #authorize(repository: string, refusal: Response): Promise<void> {
    const basic = findCredentials(this.host);
    const header = refusal.headers.get("www-authenticate") ?? "";
    const challenge = parseChallenge(header);
    let authorization: string | undefined;
    if (challenge === undefined) {
      authorization = basic === undefined ? undefined : `Basic ${basic}`;
    } else {
      const scope = `repository:${repository}:pull,push`;
      const signal = this.#limit(requestTimeoutMs);
      const token = await fetchToken(challenge, scope, basic, signal);
      authorization = token === undefined ? undefined : `Bearer ${token}`;
    }
    if (authorization === undefined) {
      throw new BuildFailure(
        "unavailable",
        `${this.host} wants credentials for ${repository}; log in first, with podman login or docker login`,
      );
    }
    this.#authorizations.set(repository, authorization);
  }

  #limit(timeoutMs: number): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs)]);
  }

  async #fetch(address: string, options: RequestOptions): Promise<Response> {
    const { method = "GET", headers = {}, body, timeoutMs } = options;
    const signal = this.#limit(timeoutMs ?? requestTimeoutMs);
    try {
      const init: RequestInit = { method, headers, signal };
      if (body !== undefined) {
        init.body = body instanceof Blob ? body : new Uint8Array(body);
      }
      return await fetch(address, init);
    } catch (error) {
      if (this.#signal.aborted) {
        throw new BuildFailure("interrupted", `interrupted at ${this.host}`);
      }
      // fetch says "fetch failed", and why in the cause.
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      throw new BuildFailure(
        "unavailable",
        `the registry ${this.host} cannot be reached: ${messageOf(cause)}`,
        { cause: error },
      );
    }
  }
}
