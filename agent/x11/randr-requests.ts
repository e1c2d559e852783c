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
  outputs: number[];
}

/** @param root the window of the screen. */
export function createRandr(
  wire: Wire,
  randr: RandrExtension,
  root: number,
): RandrRequests {
  /** Modes that were made here, and are removed when another takes their place. */
  let own: { mode: number; output: number } | undefined;

  const ask = <T>(
    what: string,
    request: (
      done: (error: Error | null | undefined, result: T) => true,
    ) => void,
  ): Promise<T> =>
    wire.ask<T>(what, (_client, done) => {
      request(done);
    });

  const configure = async (
    crtc: number,
    mode: number,
    outputs: readonly number[],
  ): Promise<void> => {
    const { status } = await ask<{ status: number }>(
      "SetCrtcConfig",
      (done) => {
        randr.SetCrtcConfig(
          crtc,
          currentTime,
          currentTime,
          0,
          0,
          mode,
          unrotated,
          outputs,
          done,
        );
      },
    );
    if (status !== 0) throw refused(`SetCrtcConfig says ${status}`);
  };

  /** The one monitor that shows something. */
  const findActive = async (
    resources: RandrResources,
  ): Promise<ActiveOutput> => {
    const infos = await Promise.all(
      resources.crtcs.map(async (crtc) => ({
        crtc,
        ...(await ask<{ mode: number; output: number[] }>(
          "GetCrtcInfo",
          (done) => {
            randr.GetCrtcInfo(crtc, currentTime, done);
          },
        )),
      })),
    );
    const active = infos.filter(({ mode }) => mode !== noMode);
    const [first] = active;
    if (first === undefined || active.length > 1 || first.output.length === 0)
      throw refused(`it has ${active.length} monitors`);
    return { crtc: first.crtc, mode: first.mode, outputs: first.output };
  };

  const makeMode = (width: number, height: number): Promise<number> =>
    ask<number>("CreateMode", (done) => {
      randr.CreateMode(
        root,
        {
          name: `${width}x${height}`,
          width,
          height,
          dot_clock: width * height * refreshHz,
          h_sync_start: width,
          h_sync_end: width,
          h_total: width,
          v_sync_start: height,
          v_sync_end: height,
          v_total: height,
        },
        done,
      );
    });

  const remove = ({ mode, output }: { mode: number; output: number }): void => {
    wire.send(() => {
      randr.DeleteOutputMode(output, mode);
      randr.DestroyMode(mode);
    });
  };

  return {
    async setScreen({ width, height, widthMm, heightMm }) {
      const resources = await ask<RandrResources>(
        "GetScreenResources",
        (done) => {
          randr.GetScreenResourcesCurrent(root, done);
        },
      );
      const { crtc, mode: modeBefore, outputs } = await findActive(resources);
      const [output = 0] = outputs;
      const known = resources.modeinfos.find(
        ({ name }) => name === `${width}x${height}`,
      );
      const mode = known?.id ?? (await makeMode(width, height));
      const made = known === undefined ? { mode, output } : undefined;
      const steps: Promise<void>[] = [];
      wire.send((client) => {
        if (made !== undefined) randr.AddOutputMode(output, mode);
        client.GrabServer();
        // A monitor that is larger than the new screen would have it refused.
        steps.push(configure(crtc, noMode, []));
        randr.SetScreenSize(root, width, height, widthMm, heightMm);
        steps.push(configure(crtc, mode, outputs));
        client.UngrabServer();
      });
      const [failed] = (await Promise.allSettled(steps)).filter(
        (step) => step.status === "rejected",
      );
      if (failed !== undefined) {
        await configure(crtc, modeBefore, outputs).catch(() => undefined); // As it was, where that is still possible.
        if (made !== undefined) remove(made);
        throw refused(messageOf(failed.reason), failed.reason);
      }
      if (own !== undefined && own.mode !== mode) remove(own);
      if (made !== undefined) own = made;
      else if (own?.mode !== mode) own = undefined;
    },
  };
}

function refused(why: string, cause?: unknown): StreamSpaceError {
  return new StreamSpaceError(
    "display-unreachable",
    `the X display does not take another size: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
