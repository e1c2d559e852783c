/**
 * A host whose encoder refuses to be changed while it runs: another takes over for each change of a rate. A new size of
 * the screen is no such change: each host sees that by itself.
 */
import {
  SwappingRunner,
  type SwappableChild,
} from "../runners/swapping-runner.ts";
import type { RunHostOptions } from "./host-child.ts";
import type { HostPipeline, HostRates } from "./host-pipeline.ts";

/** See the module's description. */
export class SwappingHost extends SwappingRunner {
  /**
   * @param options.withRates makes the pipeline of the next host.
   * @param first a host that runs with `options`.
   */
  constructor(
    options: RunHostOptions & { withRates: (rates: HostRates) => HostPipeline },
    first: SwappableChild,
    start: (options: RunHostOptions) => Promise<SwappableChild>,
  ) {
    const { pipeline, targetBps, frameRate, clock, onEvent } = options;
    super(
      {
        element: pipeline.encoder,
        settings: { targetBps, frameRate, screen: undefined },
        start: (settings, signal) => {
          const rates = {
            targetBps: settings.targetBps,
            frameRate: settings.frameRate,
          };
          const next = options.withRates(rates);
          return start({ ...options, ...rates, signal, pipeline: next });
        },
        clock,
        onEvent,
      },
      first,
    );
  }

  override resize(): void {
    // See the module's description.
  }
}
