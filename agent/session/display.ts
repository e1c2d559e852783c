/**
 * The X display of the session while it runs, an own one or one that was there before: attached to, and watched.
 */
import type { ExitReason, OwnedChild } from "../base/child-process.ts";
import { settlesWithin, withDeadline } from "../base/deadline.ts";
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { onSharedTicks } from "../base/shared-ticks.ts";
import { once } from "../base/shutdown.ts";
import type {
  RunningInstance,
  StartContext,
  Trouble,
} from "../supervisor/service.ts";
import { openX11Connection, type X11Connection } from "../x11/connection.ts";
import type { XServerName } from "../../signaling/protocol.ts";

/** A display that answers. */
export interface RunningDisplay extends RunningInstance {
  /** E.g. `:99`. */
  readonly display: string;
  readonly connection: X11Connection;
  /** Whether it answered the latest ping in time. */
  readonly responsive: boolean;
  /** Whether it answers now, or in a moment; never rejects. */
  answers(): Promise<boolean>;
  /**
   * Whether it hung then, as far as is known now.
   * @param atMs on the clock of `performance.now()`.
   */
  hungAt(atMs: number): boolean;
  /** Which X server an own one is; `undefined` for one that was there before. */
  readonly server: XServerName | undefined;
  /** The Unix socket at which that server serves RFB itself, where it does. */
  readonly rfbSocket: string | undefined;
}

/** How often the display is asked whether it is there, and how long it may take to answer. */
const pingIntervalMs = 1_000;
const pingTimeoutMs = 1_000;
/** A display that has not answered for this long is replaced. */
const unresponsiveLimitMs = 5_000;
/** An answer takes a tenth of a millisecond; whoever asks in between does not wait for longer than this. */
const promptAnswerMs = 500;
/** What failed for want of an answer fails so much after it has come, at most. */
const afterHangMs = 500;
const connectTimeoutMs = 2_000;
/** A dying server's connections end before the news of its own end is here. */
const lastWordsMs = 500;

/**
 * Attaches to a display that somebody else runs.
 * @throws StreamSpaceError `display-unreachable`.
 */
export async function attachDisplay(
  display: string,
  context: Pick<StartContext, "signal" | "log">,
): Promise<RunningDisplay> {
  const { signal, log } = context;
  const connection = await connectDisplay(display, undefined, signal);
  return new WatchedDisplay({
    ...{ display, connection, child: undefined, log },
    ...{ server: undefined, rfbSocket: undefined },
  });
}

/**
 * Connects to a display, which has answered when this resolves.
 * @param xauthorityPath of an own display.
 * @throws StreamSpaceError `display-unreachable`, `timeout`, `aborted`, `closed`.
 */
export async function connectDisplay(
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

/** A display with the pings that tell whether it still answers. */
export class WatchedDisplay implements RunningDisplay {
  readonly display: string;
  readonly connection: X11Connection;
  readonly server: XServerName | undefined;
  readonly rfbSocket: string | undefined;
  readonly exited: Promise<ExitReason>;
  readonly close = once(() => this.#end());
  readonly #child: OwnedChild | undefined;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  readonly #endPings: () => void;
  #isPinging = false;
  #unresponsiveSinceMs: number | undefined;
  #answeredMs = performance.now();
  /** The latest time without an answer: from the answer before to the one after it. */
  #hang = { fromMs: Infinity, toMs: Infinity };
  #trouble: Trouble | undefined;
  #onTrouble: () => void = () => undefined;

  constructor(
    options: Pick<
      RunningDisplay,
      "display" | "connection" | "server" | "rfbSocket"
    > & {
      /** The server, where it is ours. */
      child: OwnedChild | undefined;
      log: Logger;
    },
  ) {
    this.display = options.display;
    this.connection = options.connection;
    this.server = options.server;
    this.rfbSocket = options.rfbSocket;
    this.#child = options.child;
    this.#log = options.log;
    this.exited = this.#watch();
    this.#endPings = onSharedTicks(pingIntervalMs, () => void this.#ping());
  }

  get responsive(): boolean {
    return this.#unresponsiveSinceMs === undefined && !this.connection.closed;
  }

  async answers(): Promise<boolean> {
    try {
      await this.connection.ping(promptAnswerMs, this.#abort.signal);
      return true;
    } catch {
      return false; // The reason is told by the pings that watch it.
    }
  }

  hungAt(atMs: number): boolean {
    const { fromMs, toMs } = this.#hang;
    return atMs >= fromMs && atMs <= toMs;
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
    this.#answeredMs = performance.now();
    if (this.#hang.toMs === Infinity)
      this.#hang.toMs = this.#answeredMs + afterHangMs;
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#onTrouble();
  }

  /** @returns for how long it has not answered, in milliseconds. */
  #missed(reason: string): number {
    const nowMs = performance.now();
    if (this.#unresponsiveSinceMs === undefined)
      this.#hang = { fromMs: this.#answeredMs, toMs: Infinity };
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
      connectDisplay(display, undefined, signal).then((connection) =>
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
