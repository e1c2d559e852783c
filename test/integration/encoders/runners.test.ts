/**
 * Both runners against the same contract.
 */
import { systemClock } from "../../../agent/base/clock.ts";
import { runHost } from "../../../encoders/host/host-child.ts";
import { hostVideoPipeline } from "../../../encoders/host/host-video-pipeline.ts";
import { runLaunch } from "../../../encoders/runners/launch-runner.ts";
import { installedEncoder } from "../../fixtures/encoders.ts";
import { describeContract } from "./runner-contract.ts";

const encoder = await installedEncoder("x264enc");
const common = {
  clock: systemClock,
  env: process.env,
  timeoutMs: 5_000,
  stallMs: 1_200,
};

describeContract("the host", {
  resetsPerChange: 0,
  start: ({ targetBps, frameRate, ...options }) =>
    runHost({
      ...common,
      ...options,
      targetBps,
      frameRate,
      showPointer: true,
      pipeline: hostVideoPipeline(encoder, {
        frameRate,
        bitrateBps: targetBps,
        threads: 1,
      }),
    }),
});

describeContract("gst-launch", {
  resetsPerChange: 1,
  start: ({ targetBps, frameRate, screen, ...options }) =>
    runLaunch({
      ...common,
      ...options,
      encoder,
      threads: 1,
      settings: { targetBps, frameRate, screen },
    }),
});
