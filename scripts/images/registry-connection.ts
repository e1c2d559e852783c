/**
 * Requests to one registry: its address, its credentials, deadlines, and what is said when nothing answers.
 */
import { messageOf } from "../../agent/base/errors.ts";
import { BuildFailure } from "./failure.ts";
import {
  fetchToken,
  findCredentials,
  parseChallenge,
  type Challenge,
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
    await this.discard(response);
    const problem = noRegistry(response);
    if (problem === undefined) return;
    throw new BuildFailure(
      "unavailable",
      `${this.host} is no container registry: it answers ${problem}`,
    );
  }

  /** The rest of an answer, in pieces. @throws BuildFailure where it breaks off. */
  async *read(response: Response): AsyncGenerator<Buffer> {
    try {
      for await (const part of response.body ?? []) {
        yield Buffer.from(part as Uint8Array);
      }
    } catch (error) {
      throw this.#failure("broke off its answer", error);
    }
  }

  /** The same as a whole. */
  async readAll(response: Response): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.read(response)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Gives up the rest of an answer that nobody wants. */
  async discard(response: Response): Promise<void> {
    try {
      await response.body?.cancel();
    } catch (error) {
      throw this.#failure("broke off its answer", error);
    }
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
    const address = URL.parse(location, `${this.#origin}/v2/${repository}/`);
    if (address !== null) return address;
    throw new BuildFailure(
      "failed",
      `${this.host} gives "${location}" as the place to upload to, which is no address`,
    );
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
    await this.discard(response);
    await this.#authorize(repository, response);
    return request();
  }

  async #authorize(repository: string, refusal: Response): Promise<void> {
    const { basic, helperFiles } = findCredentials(this.host, repository);
    const header = refusal.headers.get("www-authenticate") ?? "";
    const challenge = parseChallenge(header);
    let authorization: string | undefined;
    if (challenge === undefined) {
      authorization = basic === undefined ? undefined : `Basic ${basic}`;
    } else {
      const scope = `repository:${repository}:pull,push`;
      const token = await this.#token(challenge, scope, basic);
      authorization = token === undefined ? undefined : `Bearer ${token}`;
    }
    if (authorization === undefined) {
      throw new BuildFailure(
        "unavailable",
        `${this.host} wants credentials for ${repository}; ${loginHint(helperFiles)}`,
      );
    }
    this.#authorizations.set(repository, authorization);
  }

  async #token(
    challenge: Challenge,
    scope: string,
    basic: string | undefined,
  ): Promise<string | undefined> {
    const signal = this.#limit(requestTimeoutMs);
    try {
      return await fetchToken(challenge, scope, basic, signal);
    } catch (error) {
      const where = `gives no token at ${challenge.realm}`;
      throw this.#failure(where, error);
    }
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
      throw this.#failure("cannot be reached", error);
    }
  }

  /** What a request or an answer that came to nothing means for the build. */
  #failure(what: string, error: unknown): BuildFailure {
    if (this.#signal.aborted) {
      return new BuildFailure("interrupted", `interrupted at ${this.host}`);
    }
    // fetch says "fetch failed" or "terminated", and why in the cause.
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return new BuildFailure(
      "unavailable",
      `the registry ${this.host} ${what}: ${messageOf(cause)}`,
      { cause: error },
    );
  }
}

function loginHint(helperFiles: readonly string[]): string {
  const [file] = helperFiles;
  return file === undefined
    ? "log in first, with podman login or docker login"
    : `${file} leaves them to a credential helper, which is not asked: log in with podman login --authfile FILE, and set REGISTRY_AUTH_FILE to that file`;
}

/**
 * What an answer to a ping has that no registry would give; `undefined` where it may be one. Not each registry names its
 * version in a header, and proxies before them refuse in HTML; but only another server has a page at this address.
 */
function noRegistry({ status, headers }: Response): string | undefined {
  if (status !== 200 && status !== 401) return String(status);
  if (headers.has("docker-distribution-api-version")) return undefined;
  const type = headers.get("content-type") ?? "";
  const isPage = /^(text\/html|application\/xhtml)/i.test(type);
  const isRefusal = status === 401 && headers.has("www-authenticate");
  return isPage && !isRefusal ? `with a page (${type})` : undefined;
}
