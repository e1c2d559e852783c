/**
 * Containers of podman or docker, whose command lines are the same for what is needed here.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { messageOf } from "../../agent/base/errors.ts";

/** What a program said. */
export interface Answer {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** How a container is started. */
export interface ContainerOptions {
  image: string;
  /** Flags of `run`. */
  flags?: readonly string[];
  /** Variables; the values do not appear in the command line. */
  env?: Readonly<Record<string, string>>;
  /** What follows the image. */
  command?: readonly string[];
}

/** The flags of the hardened way to run a session, as the README shows it. */
export const hardenedFlags: readonly string[] = [
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--read-only",
  "--tmpfs=/tmp:rw,mode=1777",
];

const outputBound = 4_000_000;

/** One container engine. */
export class Engine {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /**
   * Runs the engine with `args`; input is `stdin`.
   * @throws Error where it cannot be started or takes longer than `timeoutMs`.
   */
  async run(
    args: readonly string[],
    options: {
      env?: Readonly<Record<string, string>>;
      stdin?: string | Uint8Array;
      timeoutMs?: number;
    } = {},
  ): Promise<Answer> {
    const { timeoutMs = 60_000 } = options;
    return await new Promise((resolve, reject) => {
      const child = spawn(this.name, args, {
        env: { ...process.env, ...options.env },
        stdio: ["pipe", "pipe", "pipe"],
        timeout: timeoutMs,
        killSignal: "SIGKILL",
      });
      const text = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8");
        child[name].on("data", (chunk: string) => {
          if (text[name].length < outputBound) text[name] += chunk;
        });
      }
      child.once("error", (cause) => {
        reject(
          new Error(`${this.name} cannot be started: ${cause.message}`, {
            cause,
          }),
        );
      });
      child.once("close", (code, signal) => {
        if (signal === "SIGKILL")
          reject(
            new Error(
              `${this.name} ${args[0] ?? ""} took longer than ${timeoutMs} ms`,
            ),
          );
        else resolve({ exitCode: code ?? 1, ...text });
      });
      child.stdin.on("error", () => undefined); // It may end without reading; its exit code says why.
      child.stdin.end(options.stdin ?? "");
    });
  }

  /** As {@link run}. @throws Error the last line that the engine wrote, where it failed. */
  async ask(
    args: readonly string[],
    options: Parameters<Engine["run"]>[1] = {},
  ): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(args, options);
    if (exitCode === 0) return stdout.trim();
    const why = stderr.trim().split("\n").at(-1) ?? "";
    throw new Error(`${this.name} ${args[0] ?? ""} failed: ${why}`);
  }

  /** What the engine knows of an image. @throws Error where it has none of that name. */
  async inspectImage(image: string): Promise<ImageFacts> {
    const text = await this.ask(["image", "inspect", image]).catch(
      (error: unknown) => {
        const words = messageOf(error);
        if (/no such image|image not known/i.test(words))
          throw new Error(
            `${this.name} has no image "${image}"; build or pull it first`,
            { cause: error },
          );
        if (/invalid reference format/i.test(words))
          throw new Error(`"${image}" is not the name of an image`, {
            cause: error,
          });
        throw error;
      },
    );
    const [facts] = JSON.parse(text) as ImageFacts[];
    if (facts === undefined) throw new Error(`there is no image ${image}`);
    return facts;
  }

  /** Starts a container. It goes away with `await using`, and its anonymous volumes with it. */
  async start(options: ContainerOptions): Promise<Container> {
    const { image, flags = [], env = {}, command = [] } = options;
    const id = `streamspace-test-${randomUUID().slice(0, 8)}`;
    await this.ask(
      [
        ...["run", "--detach", "--name", id],
        ...flags,
        ...Object.keys(env).flatMap((name) => ["--env", name]),
        image,
        ...command,
      ],
      { env },
    );
    return new Container(this, id);
  }
}

/** Of `image inspect`; both engines have these. */
export interface ImageFacts {
  Size: number;
  Config: {
    User?: string;
    Env?: string[];
    Labels?: Record<string, string> | null;
    ExposedPorts?: Record<string, unknown> | null;
    Healthcheck?: { Test?: string[] };
    Entrypoint?: string[];
  };
  /** Podman has it beside the configuration. */
  HealthCheck?: { Test?: string[] };
  Healthcheck?: { Test?: string[] };
  RootFS?: { Layers?: string[] };
}

/** A container that was started. */
export class Container implements AsyncDisposable {
  readonly #engine: Engine;
  readonly id: string;

  constructor(engine: Engine, id: string) {
    this.#engine = engine;
    this.id = id;
  }

  /** Runs a program in it. */
  exec(
    command: readonly string[],
    options: {
      stdin?: string | Uint8Array;
      env?: Readonly<Record<string, string>>;
      timeoutMs?: number;
    } = {},
  ): Promise<Answer> {
    const { env = {} } = options;
    return this.#engine.run(
      [
        ...["exec", "--interactive"],
        ...Object.keys(env).flatMap((name) => ["--env", name]),
        this.id,
        ...command,
      ],
      options,
    );
  }

  /** What a shell in it prints. @throws Error where it fails. */
  async shell(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.exec(["sh", "-c", script]);
    if (exitCode !== 0)
      throw new Error(stderr.trim() || `exit code ${exitCode}`);
    return stdout.trim();
  }

  /** What it wrote so far. */
  async logs(): Promise<string> {
    const { stdout, stderr } = await this.#engine.run(["logs", this.id]);
    return stdout + stderr;
  }

  /** SIGTERM, and SIGKILL after `seconds`. */
  async stop(seconds: number): Promise<{ exitCode: number; tookMs: number }> {
    const startedMs = performance.now();
    await this.#engine.ask(["stop", "-t", String(seconds), this.id]);
    const tookMs = performance.now() - startedMs;
    const code = await this.#engine.ask([
      ...["container", "inspect", "--format", "{{.State.ExitCode}}"],
      this.id,
    ]);
    return { exitCode: Number(code), tookMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.run(["rm", "--force", "--volumes", this.id]);
  }
}
