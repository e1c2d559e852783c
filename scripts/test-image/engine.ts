/**
 * Containers of podman or docker, whose command lines are the same for what is needed here.
 */
import { randomUUID } from "node:crypto";
import { settlesWithin } from "../../agent/base/deadline.ts";
import { messageOf } from "../../agent/base/errors.ts";
import { Belongings, type Belonging } from "./belongings.ts";
import {
  outputOf,
  runProgram,
  type Answer,
  type ProgramOptions,
} from "./run-program.ts";

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

/** What is left is removed within this; two of them are what an interruption waits for. */
const removalMs = 10_000;
/** A container that is being made is removed when the engine has given up on it. */
const givingUpMs = 5_000;

/** One container engine. */
export class Engine {
  readonly name: string;
  /** Everything that was started; removed by whoever interrupts the test. */
  readonly belongings: Belongings;

  constructor(name: string, belongings = new Belongings()) {
    this.name = name;
    this.belongings = belongings;
  }

  /**
   * Runs the engine with `args`.
   * @throws Error where it cannot be started, takes longer than `timeoutMs`, or the test is interrupted.
   */
  run(
    args: readonly string[],
    options: Omit<ProgramOptions, "signal"> = {},
  ): Promise<Answer> {
    const { signal } = this.belongings;
    return runProgram(this.name, args, { ...options, signal });
  }

  /** As {@link run}. @throws Error the last line that the engine wrote, where it failed. */
  async ask(
    args: readonly string[],
    options: Parameters<Engine["run"]>[1] = {},
  ): Promise<string> {
    const what = `${this.name} ${args[0] ?? ""}`;
    return outputOf(await this.run(args, options), what);
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

  /**
   * Starts a container. It goes away with `await using`, and its anonymous volumes with it.
   * @throws Error where it does not start; then it is gone already.
   */
  async start(options: ContainerOptions): Promise<Container> {
    const { image, flags = [], env = {}, command = [] } = options;
    const id = newName();
    const variables = Object.keys(env).flatMap((name) => ["--env", name]);
    const belonging = await this.#make(id, () =>
      this.ask(
        [
          ...["run", "--detach", "--name", id, ...flags, ...variables],
          ...[image, ...command],
        ],
        { env },
      ),
    );
    return new Container(this, id, belonging);
  }

  /** What a shell prints in a container of `image`, as root and without network. @throws Error where it fails. */
  async askShell(image: string, script: string): Promise<string> {
    const id = newName();
    const words = [
      ...["run", "--name", id, "--network=none", "--user=0"],
      ...["--entrypoint=sh", image, "-c", script],
    ];
    let printed = "";
    const container = await this.#make(id, async () => {
      printed = await this.ask(words);
    });
    await container.remove();
    return printed;
  }

  /** The name of a volume, which exists from its first use on. It goes away with `await using`. */
  ownVolume(): Belonging & { readonly name: string } {
    const name = newName();
    const removal = this.belongings.own(`the volume ${name}`, () =>
      this.#remove(["volume", "rm", "--force", name]),
    );
    return { name, ...removal };
  }

  /** Owns the container `id` while `make` makes it: an engine that fails or is late may leave it behind. */
  async #make(id: string, make: () => Promise<unknown>): Promise<Belonging> {
    let isMade: Promise<unknown> = Promise.resolve();
    const belonging = this.belongings.own(`the container ${id}`, async () => {
      await settlesWithin(isMade, givingUpMs);
      // At once: podman's rm alone gives a session ten seconds to end. What does not run cannot be killed.
      const options = { timeoutMs: removalMs };
      await runProgram(this.name, ["kill", id], options).catch(() => undefined);
      await this.#remove(["rm", "--force", "--volumes", id]);
    });
    isMade = make();
    try {
      await isMade;
      return belonging;
    } catch (error) {
      await belonging.remove();
      throw error;
    }
  }

  /** Not by {@link run}, which does nothing any more where the test is interrupted. */
  async #remove(args: readonly string[]): Promise<void> {
    const answer = await runProgram(this.name, args, { timeoutMs: removalMs });
    // One that was never made is gone too.
    if (/no such (container|volume)/i.test(answer.stderr)) return;
    outputOf(answer, `${this.name} ${args.join(" ")}`);
  }
}

/** One that the scripts around this find, should it be killed. */
function newName(): string {
  return `streamspace-test-${randomUUID().slice(0, 8)}`;
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
  readonly #belonging: Belonging;

  constructor(engine: Engine, id: string, belonging: Belonging) {
    this.#engine = engine;
    this.id = id;
    this.#belonging = belonging;
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
    await this.#belonging.remove();
  }
}
