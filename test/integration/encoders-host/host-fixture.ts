/**
 * What the tests of the host share: an x264 pipeline, a running host, and a look at what it sends.
 */
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll } from "../../../agent/base/deadline.ts";
import {
  runHost,
  type RunHostOptions,
  type RunningHost,
} from "../../../encoders/host/host-child.ts";
import type { HostEvent } from "../../../encoders/host/control.ts";
import {
  hostPipeline,
  type HostPipeline,
} from "../../../encoders/host/host-pipeline.ts";
import {
  startsH264KeyFrame,
  startsVp8KeyFrame,
} from "../../../encoders/key-frames.ts";
import { isRtcp, rtpHeaderBytes } from "../../../encoders/rtp-packets.ts";

import { RtpSource } from "../../../encoders/rtp-source.ts";
import type { SwapEvent } from "../../../encoders/runners/swapping-runner.ts";

/** H.264 by x264, as the agent makes it. */
export function x264Pipeline(targetBps = 8_000_000): HostPipeline {
  return hostPipeline({
    name: "video-h264",
    clockRate: 90_000,
    pixelFormat: "I420",
    matrix: "bt709",
    rateControl: {
      property: "bitrate",
      unitBps: 1_000,
      countsBy: "frames",
      whileRunning: true,
      costsKeyFrame: false,
    },
    encoder: {
      name: "x264enc",
      properties: {
        tune: "zerolatency",
        "speed-preset": "ultrafast",
        bitrate: Math.round(targetBps / 1_000),
        "key-int-max": 2_147_483_647,
        "vbv-buf-capacity": 25,
        bframes: 0,
        "rc-lookahead": 0,
        "sliced-threads": true,
        threads: 2,
        aud: false,
      },
    },
    between: [
      {
        name: "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
      },
    ],
    payloader: {
      name: "rtph264pay",
      properties: {
        mtu: 1_160,
        pt: 96,
        "aggregate-mode": "zero-latency",
        "config-interval": -1,
      },
    },
  });
}

/** VP8 by libvpx. */
export function vp8Pipeline(targetBps = 8_000_000): HostPipeline {
  return hostPipeline({
    name: "video-vp8",
    clockRate: 90_000,
    pixelFormat: "I420",
    matrix: "bt601",
    rateControl: {
      property: "target-bitrate",
      unitBps: 1,
      countsBy: "timestamps",
      whileRunning: true,
      costsKeyFrame: false,
    },
    encoder: {
      name: "vp8enc",
      properties: {
        deadline: 1,
        "cpu-used": 12,
        "lag-in-frames": 0,
        "end-usage": "cbr",
        "target-bitrate": targetBps,
        "keyframe-max-dist": 2_147_483_647,
        threads: 2,
      },
    },
    between: [],
    payloader: {
      name: "rtpvp8pay",
      properties: { mtu: 1_160, pt: 96, "picture-id-mode": "15-bit" },
    },
  });
}

/** Counts what a source delivers. */
export class PacketCounter {
  packets = 0;
  bytes = 0;
  /** Frames, told apart by their timestamp. */
  frames = 0;
  keyFrames = 0;
  /** Time of the last packet. */
  lastMs = 0;
  /** All packets since {@link record} was called. */
  recorded: Buffer[] | undefined;
  #timestamp: number | undefined;
  #keyTimestamp: number | undefined;

  constructor(source: RtpSource) {
    source.subscribe({
      onPacket: (packet, startsKeyFrame) => {
        this.#count(packet, startsKeyFrame);
      },
      onSenderReport: () => undefined,
      onReset: () => undefined,
    });
  }

  record(): void {
    this.recorded = [];
  }

  #count(packet: Buffer, startsKeyFrame: boolean): void {
    if (isRtcp(packet)) return;
    const timestamp = packet.readUInt32BE(4);
    this.packets += 1;
    this.bytes += packet.length - rtpHeaderBytes;
    this.lastMs = performance.now();
    if (timestamp !== this.#timestamp) this.frames += 1;
    if (startsKeyFrame && timestamp !== this.#keyTimestamp) {
      this.#keyTimestamp = timestamp;
      this.keyFrames += 1;
    }
    this.#timestamp = timestamp;
    this.recorded?.push(packet);
  }
}

/** A host under test. */
export interface TestHost extends AsyncDisposable {
  host: RunningHost;
  counter: PacketCounter;
  source: RtpSource;
  spawner: ChildSpawner;
  events: (HostEvent | SwapEvent)[];
  /** Process id of the child. */
  pid: number;
}

/** Starts a host on `display`; `await using` ends it. */
export async function startHost(
  options: Pick<RunHostOptions, "display"> & Partial<RunHostOptions>,
): Promise<TestHost> {
  const source = new RtpSource({
    clock: systemClock,
    startsKeyFrame:
      options.pipeline?.name === "video-vp8"
        ? startsVp8KeyFrame
        : startsH264KeyFrame,
  });
  const counter = new PacketCounter(source);
  const spawner = new ChildSpawner();
  const events: (HostEvent | SwapEvent)[] = [];
  const host = await runHost({
    pipeline: x264Pipeline(options.targetBps),
    showPointer: false,
    frameRate: 60,
    targetBps: 8_000_000,
    source,
    spawner,
    clock: systemClock,
    env: process.env,
    timeoutMs: 10_000,
    stallMs: 3_000,
    signal: AbortSignal.timeout(25_000),
    onEvent: (event) => {
      events.push(event);
    },
    ...options,
  });
  const [child] = spawner.children;
  return {
    host,
    counter,
    source,
    spawner,
    events,
    pid: child?.pid ?? 0,
    [Symbol.asyncDispose]: () => host.close(),
  };
}

/** Waits until the host has sent nothing for `quietMs`, counted from now at the earliest. */
export async function untilQuiet(
  counter: PacketCounter,
  quietMs = 600,
): Promise<void> {
  const fromMs = performance.now();
  await until(
    "quiet after the last change",
    () => performance.now() - Math.max(counter.lastMs, fromMs) >= quietMs,
    10_000,
  );
}

/** Waits until `condition` holds. */
export async function until(
  what: string,
  condition: () => boolean,
  timeoutMs = 5_000,
): Promise<void> {
  await poll(() => (condition() ? true : undefined), {
    everyMs: 5,
    timeoutMs,
    what,
  });
}
