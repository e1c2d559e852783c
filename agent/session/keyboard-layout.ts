/**
 * The layout of the session's keyboard: set when the display starts, and whenever a viewer asks for another.
 *
 * `setxkbmap` compiles it, out of what the machine has in `/usr/share/X11/xkb`.
 */
import { runToEnd, type ChildSpawner } from "../base/child-process.ts";
import { StreamSpaceError, messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";

/** It takes about 50 ms; a machine that is busy starting a session needs more. */
const timeoutMs = 5_000;

/** The arguments of `setxkbmap` for a layout as the setting and the protocol write it, e.g. `us,ru(phonetic)`. */
export function setxkbmapArguments(layout: string): string[] {
  const parts = layout.split(",").map((part) => {
    const [name = "", variant = ""] = part.replace(/\)$/, "").split(/[(:]/);
    return { name, variant };
  });
  return [
    "-layout",
    parts.map(({ name }) => name).join(","),
    "-variant",
    parts.map(({ variant }) => variant).join(","),
  ];
}

/** The layout of one session; it outlives its display. */
export class KeyboardLayout {
  readonly #spawner: ChildSpawner;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  #current: string;
  #env: NodeJS.ProcessEnv | undefined;
  /** Changes follow one another: two programs at once would mix their keyboards. */
  #turn: Promise<void> = Promise.resolve();
  #latest: symbol | undefined;

  /** @param options.layout the setting; empty leaves the display's own. */
  constructor(options: { spawner: ChildSpawner; log: Logger; layout: string }) {
    this.#spawner = options.spawner;
    this.#log = options.log;
    this.#current = options.layout;
  }

  /** The layout that the session has; empty: the display's own. */
  get current(): string {
    return this.#current;
  }

  /** Calls `listener` after each change; returns the function that ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * A display has started: it gets the session's layout. One that cannot be had costs a warning, not the session.
   * @param env names the display.
   */
  async attach(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
    this.#env = env;
    if (this.#current === "") return;
    try {
      await this.#apply(this.#current, env, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#log.warn(
        { layout: this.#current, reason: messageOf(error) },
        "the keyboard layout could not be set; the display keeps its own",
      );
      this.#become("");
    }
  }

  /**
   * Changes the layout of the running display. Of several that wait, the last one counts.
   * @throws StreamSpaceError `display-unreachable`, `missing-program`, `timeout`; `config` where there is no such layout.
   */
  async change(layout: string): Promise<void> {
    const mine = Symbol(layout);
    this.#latest = mine;
    const turn = this.#turn.then(async () => {
      if (this.#latest !== mine) return;
      if (this.#env === undefined)
        throw new StreamSpaceError(
          "display-unreachable",
          "the display is being started",
        );
      await this.#apply(layout, this.#env);
      this.#become(layout);
    });
    this.#turn = turn.catch(() => undefined); // Whoever asked for it is told.
    await turn;
  }

  #become(layout: string): void {
    this.#current = layout;
    for (const listener of [...this.#listeners]) listener();
  }

  async #apply(
    layout: string,
    env: NodeJS.ProcessEnv,
    signal?: AbortSignal,
  ): Promise<void> {
    const { exitCode } = await runToEnd({
      file: "setxkbmap",
      args: setxkbmapArguments(layout),
      env,
      timeoutMs,
      spawner: this.#spawner,
      ...(signal === undefined ? {} : { signal }),
    });
    if (exitCode !== 0)
      throw new StreamSpaceError(
        "config",
        `there is no keyboard layout ${layout} on this machine`,
        { mend: "See /usr/share/X11/xkb/rules/base.lst for what there is." },
      );
  }
}
