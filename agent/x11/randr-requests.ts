/**
 * The size of the screen (RandR 1.3) over a {@link Wire}.
 *
 * RandR knows outputs with fixed modes; a size nobody has listed needs a mode of its own. All that applications can
 * see happens within one server grab: they hear of one change, and find the new state when they ask.
 */
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import type { RandrExtension, RandrResources } from "./connection.ts";
import type { Wire } from "./wire.ts";

/** A size in pixels and the physical size that makes it the wanted resolution. */
export interface ScreenGeometry {
  width: number;
  height: number;
  /** Millimetres; what toolkits compute the resolution from. */
  widthMm: number;
  heightMm: number;
}

/** The RANDR extension: another size of the screen. */
export interface RandrRequests {
  /**
   * Gives the screen another size, one at a time.
   * @throws StreamSpaceError `display-unreachable` where the display does not take it, or has several monitors; `closed`.
   */
  setScreen(geometry: ScreenGeometry): Promise<void>;
}

const unrotated = 1;
const noMode = 0;
const currentTime = 0;
/** Refreshes per second that a mode says it has; toolkits pace animations by it. */
const refreshHz = 60;

interface ActiveOutput {
  crtc: number;
  mode: number;
  outputs: readonly number[];
}

interface OwnMode {
  mode: number;
  output: number;
}

/** @param root the window of the screen. */
export function createRandr(
  wire: Wire,
  randr: RandrExtension,
  root: number,
): RandrRequests {
  return new Randr(wire, randr, root);
}

class Randr implements RandrRequests {
  readonly #wire: Wire;
  readonly #randr: RandrExtension;
  readonly #root: number;
  /** The mode that was made here; it is removed when another takes its place. */
  #own: OwnMode | undefined;

  constructor(wire: Wire, randr: RandrExtension, root: number) {
    this.#wire = wire;
    this.#randr = randr;
    this.#root = root;
  }

  async setScreen(geometry: ScreenGeometry): Promise<void> {
    const resources = await this.#ask<RandrResources>(
      "GetScreenResources",
      (done) => {
        this.#randr.GetScreenResourcesCurrent(this.#root, done);
      },
    );
    const before = await this.#findActive(resources);
    const name = nameOf(geometry);
    const known = resources.modeinfos.find((each) => each.name === name);
    const mode = known?.id ?? (await this.#makeMode(geometry));
    const [output = 0] = before.outputs;
    const made = known === undefined ? { mode, output } : undefined;
    const failed = await this.#change(geometry, { ...before, mode }, made);
    if (failed !== undefined) {
      // As it was, where that is still possible.
      await this.#configure(before).catch(() => undefined);
      if (made !== undefined) this.#remove(made);
      throw refused(messageOf(failed.reason), failed.reason);
    }
    if (this.#own !== undefined && this.#own.mode !== mode)
      this.#remove(this.#own);
    if (made !== undefined) this.#own = made;
    else if (this.#own?.mode !== mode) this.#own = undefined;
  }

  /** All in one grab of the server. @returns the step that failed; `undefined` where all is well. */
  async #change(
    { width, height, widthMm, heightMm }: ScreenGeometry,
    wanted: ActiveOutput,
    made: OwnMode | undefined,
  ): Promise<PromiseRejectedResult | undefined> {
    const steps: Promise<void>[] = [];
    const { crtc } = wanted;
    this.#wire.send((client) => {
      if (made !== undefined) this.#randr.AddOutputMode(made.output, made.mode);
      client.GrabServer();
      // A monitor that is larger than the new screen would have it refused.
      steps.push(this.#configure({ crtc, mode: noMode, outputs: [] }));
      this.#randr.SetScreenSize(this.#root, width, height, widthMm, heightMm);
      steps.push(this.#configure(wanted));
      client.UngrabServer();
    });
    const results = await Promise.allSettled(steps);
    return results.find((step) => step.status === "rejected");
  }

  #ask<T>(
    what: string,
    request: (
      done: (error: Error | null | undefined, result: T) => true,
    ) => void,
  ): Promise<T> {
    return this.#wire.ask<T>(what, (_client, done) => {
      request(done);
    });
  }

  async #configure({ crtc, mode, outputs }: ActiveOutput): Promise<void> {
    const { status } = await this.#ask<{ status: number }>(
      "SetCrtcConfig",
      (done) => {
        this.#randr.SetCrtcConfig(
          ...([crtc, currentTime, currentTime, 0, 0] as const),
          ...([mode, unrotated, outputs, done] as const),
        );
      },
    );
    if (status !== 0) throw refused(`SetCrtcConfig says ${status}`);
  }

  /** The one monitor that shows something. */
  async #findActive(resources: RandrResources): Promise<ActiveOutput> {
    const infos = await Promise.all(
      resources.crtcs.map(async (crtc) => ({
        crtc,
        ...(await this.#ask<{ mode: number; output: number[] }>(
          "GetCrtcInfo",
          (done) => {
            this.#randr.GetCrtcInfo(crtc, currentTime, done);
          },
        )),
      })),
    );
    const active = infos.filter(({ mode }) => mode !== noMode);
    const [first] = active;
    if (first === undefined || active.length > 1 || first.output.length === 0)
      throw refused(`it has ${active.length} monitors`);
    return { crtc: first.crtc, mode: first.mode, outputs: first.output };
  }

  #makeMode(size: ScreenGeometry): Promise<number> {
    const { width, height } = size;
    return this.#ask<number>("CreateMode", (done) => {
      this.#randr.CreateMode(
        this.#root,
        {
          ...{ name: nameOf(size), width, height },
          dot_clock: width * height * refreshHz,
          ...{ h_sync_start: width, h_sync_end: width, h_total: width },
          ...{ v_sync_start: height, v_sync_end: height, v_total: height },
        },
        done,
      );
    });
  }

  #remove({ mode, output }: OwnMode): void {
    this.#wire.send(() => {
      this.#randr.DeleteOutputMode(output, mode);
      this.#randr.DestroyMode(mode);
    });
  }
}

function nameOf({ width, height }: ScreenGeometry): string {
  return `${width}x${height}`;
}

function refused(why: string, cause?: unknown): StreamSpaceError {
  return new StreamSpaceError(
    "display-unreachable",
    `the X display does not take another size: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
