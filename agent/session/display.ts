/**
 * The X display of the session: an own Xvfb, or one that was there before.
 */
import { randomBytes } from "node:crypto";
import type {
  ChildSpawner,
  ExitReason,
  OwnedChild,
} from "../base/child-process.ts";
import { describeExit } from "../base/child-process.ts";
import { poll, settlesWithin, withDeadline } from "../base/deadline.ts";
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import { LineDecoder } from "../base/line-decoder.ts";
import type { Logger } from "../base/log.ts";
import { onSharedTicks } from "../base/shared-ticks.ts";
import { once } from "../base/shutdown.ts";
import type {
  RunningInstance,
  StartContext,
  Trouble,
} from "../supervisor/service.ts";
import { openX11Connection, type X11Connection } from "../x11/connection.ts";
import { cookieBytes, writeXauthority } from "../base/xauthority.ts";

/** A display that answers. */
export interface RunningDisplay extends RunningInstance {
  /** E.g. `:99`. */
  readonly display: string;
  readonly connection: X11Connection;
  /** Whether it answered the latest ping in time. */
  readonly responsive: boolean;
}

/** How often the display is asked whether it is there, and how long it may take to answer. */
const pingIntervalMs = 1_000;
const pingTimeoutMs = 1_000;
/** A display that has not answered for this long is replaced. */
const unresponsiveLimitMs = 5_000;
const connectTimeoutMs = 2_000;
/** A dying server's connections end before the news of its own end is here. */
const lastWordsMs = 500;

/** Starts an own Xvfb; its display number stays the same over restarts, so that `DISPLAY` does. */
export class OwnDisplay {
  readonly #options: OwnDisplayOptions;
  readonly #cookie = randomBytes(cookieBytes);
  #number: number | undefined;

  constructor(options: OwnDisplayOptions) {
    this.#options = options;
  }

  /** Starts Xvfb and resolves when it answers. */
  async start(context: StartContext): Promise<RunningDisplay> {
    const { spawner, width, height, dpi, xauthority } = this.#options;
    // The server compares the cookie alone; clients find it by the number, which is not known yet.
    await this.#authorize(this.#number ?? 0);
    const child = await spawner.spawn({
      name: "Xvfb",
      file: "Xvfb",
      args: [
        ...(this.#number === undefined ? [] : [`:${this.#number}`]),
        "-displayfd",
        "3",
        "-screen",
        "0",
        `${width}x${height}x24`,
        "-dpi",
        String(dpi),
        "-nolisten",
        "tcp",
        "-noreset",
        "-auth",
        xauthority,
      ],
      extraPipes: 1,
      parentDeathSignal: "SIGTERM", // It removes its lock file and socket.
      killLadder: [
        { signal: "SIGTERM", waitMs: 500 },
        { signal: "SIGKILL", waitMs: 500 },
      ],
    });
    try {
      this.#number = await displayNumber(child, context.signal);
      await this.#authorize(this.#number);
      const display = `:${this.#number}`;
      const connection = await connect(display, xauthority, context.signal);
      return new WatchedDisplay({
        display,
        connection,
        child,
        log: context.log,
      });
    } catch (error) {
      // Somebody else may have taken the number in the meantime: the next start takes a free one.
      this.#number = undefined;
      await child.close();
      throw error;
    }
  }

  #authorize(displayNumber: number): Promise<void> {
    return writeXauthority({
      path: this.#options.xauthority,
      displayNumber,
      cookie: this.#cookie,
    });
  }
}

export interface OwnDisplayOptions {
  spawner: ChildSpawner;
  /** Pixels. */
  width: number;
  height: number;
  /** Dots per inch. */
  dpi: number;
  /** Path of the authority file that is written. */
  xauthority: string;
}

/**
 * Attaches to a display that somebody else runs.
 * @throws StreamSpaceError `display-unreachable`.
 */
export async function attachDisplay(
  display: string,
  context: Pick<StartContext, "signal" | "log">,
): Promise<RunningDisplay> {
  const connection = await connect(display, undefined, context.signal);
  return new WatchedDisplay({
    display,
    connection,
    child: undefined,
    log: context.log,
  });
}

async function connect(
  display: string,
  xauthorityPath: string | undefined,
  signal: AbortSignal,
): Promise<X11Connection> {
  const connection = await openX11Connection({
    display,
    ...(xauthorityPath === undefined ? {} : { xauthorityPath }),
    timeoutMs: connectTimeoutMs,
    signal,
  });
  try {
    await connection.ping(pingTimeoutMs, signal);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

/** Xvfb writes the number of its display to the descriptor once it accepts connections. */
async function displayNumber(
  child: OwnedChild,
  signal: AbortSignal,
): Promise<number> {
  let line: string | undefined;
  const decoder = new LineDecoder((text) => {
    line ??= text;
  });
  child.pipe(3).on("data", (chunk: Buffer) => {
    decoder.write(chunk);
  });
  const exited = child.exited.then((reason): never => {
    throw new StreamSpaceError(
      "child-exited",
      `Xvfb ${describeExit(reason)}: ${child.lastLines().at(-1) ?? "it said nothing"}`,
    );
  });
  const written = poll(() => line, {
    everyMs: 5,
    timeoutMs: 5_000,
    what: "the display number of Xvfb",
    signal,
  });
  const number = Number(await Promise.race([written, exited]));
  if (!Number.isInteger(number)) {
    throw new StreamSpaceError("internal", "Xvfb wrote no display number");
  }
  return number;
}

/** A display with the pings that tell whether it still answers. */
class WatchedDisplay implements RunningDisplay {
  readonly display: string;
  readonly connection: X11Connection;
  readonly exited: Promise<ExitReason>;
  readonly close = once(() => this.#end());
  readonly #child: OwnedChild | undefined;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  readonly #endPings: () => void;
  #isPinging = false;
  #unresponsiveSinceMs: number | undefined;
  #trouble: Trouble | undefined;
  #onTrouble: () => void = () => undefined;

  constructor(options: {
    display: string;
    connection: X11Connection;
    child: OwnedChild | undefined;
    log: Logger;
  }) {
    this.display = options.display;
    this.connection = options.connection;
    this.#child = options.child;
    this.#log = options.log;
    this.exited = this.#watch();
    this.#endPings = onSharedTicks(pingIntervalMs, () => void this.#ping());
  }

  get responsive(): boolean {
    return this.#unresponsiveSinceMs === undefined && !this.connection.closed;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  onTrouble(listener: () => void): void {
    this.#onTrouble = listener;
  }

  lastLines(): string[] {
    return this.#child?.lastLines() ?? [];
  }

  #watch(): Promise<ExitReason> {
    const disconnected = new Promise<ExitReason>((resolve) => {
      this.connection.onClosed(() => {
        resolve(
          this.#abort.signal.aborted
            ? { kind: "requested" }
            : { kind: "stalled", what: "the connection to the display ended" },
        );
      });
    });
    const child = this.#child;
    const ended =
      child === undefined
        ? disconnected
        : Promise.race([
            child.exited,
            disconnected.then((reason) => verdict(child, reason)),
          ]);
    return ended.then(async (reason) => {
      await this.close();
      return reason;
    });
  }

  /** Asks for a sign of life, unless one is being waited for. */
  async #ping(): Promise<void> {
    if (this.#isPinging) return;
    this.#isPinging = true;
    try {
      await this.connection.ping(pingTimeoutMs, this.#abort.signal);
      this.#answered();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const silentMs = this.#missed(messageOf(error));
      if (silentMs > unresponsiveLimitMs) {
        await this.#child?.closeAsStalled("it does not answer");
        await this.connection.close();
      }
    } finally {
      this.#isPinging = false;
    }
  }

  #answered(): void {
    this.#unresponsiveSinceMs = undefined;
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#onTrouble();
  }

  /** @returns for how long it has not answered, in milliseconds. */
  #missed(reason: string): number {
    const nowMs = performance.now();
    this.#unresponsiveSinceMs ??= nowMs;
    if (this.#trouble === undefined) {
      this.#trouble = { what: "does not answer", sinceMs: Date.now() };
      this.#onTrouble();
    }
    this.#log.debug({ reason }, "the display does not answer");
    return nowMs - this.#unresponsiveSinceMs;
  }

  async #end(): Promise<void> {
    this.#abort.abort();
    this.#endPings();
    await this.connection.close();
    await this.#child?.close();
  }
}

/** Why the display ended whose connection did: its server's own end says more, and follows within moments. */
async function verdict(
  child: OwnedChild,
  disconnected: ExitReason,
): Promise<ExitReason> {
  if (disconnected.kind === "requested") return disconnected;
  if (!(await settlesWithin(child.exited, lastWordsMs))) {
    await child.closeAsStalled("it closed the agent's connection");
  }
  return await child.exited;
}

/**
 * Makes sure that `display` answers, for a clear word at the start.
 * @throws StreamSpaceError `display-unreachable`.
 */
export async function assertDisplayAnswers(display: string): Promise<void> {
  try {
    const signal = AbortSignal.timeout(connectTimeoutMs + pingTimeoutMs);
    await withDeadline(
      connect(display, undefined, signal).then((connection) =>
        connection.close(),
      ),
      {
        timeoutMs: connectTimeoutMs + pingTimeoutMs,
        what: "an answer",
        signal,
      },
    );
  } catch (error) {
    throw new StreamSpaceError(
      "display-unreachable",
      `the X display ${display} does not answer (${messageOf(error instanceof Error ? (error.cause ?? error) : error).replaceAll("\n", " ")})`,
      {
        cause: error,
        mend: "Start that X server, or give --display none (or unset DISPLAY) so that the agent starts its own.",
      },
    );
  }
}
