/**
 * Video that only writes down what it is told.
 */
import type { ExitReason } from "../../agent/base/child-process.ts";
import type {
  RunningVideo,
  ScreenSize,
} from "../../encoders/runners/running-pipeline.ts";

/** See the module's description. It runs until {@link exit}. */
export class FakeVideo implements RunningVideo {
  readonly element = "fakeenc";
  readonly lastBeat = undefined;
  readonly exited: Promise<ExitReason>;
  /** What it was told, e.g. `2000000 bit/s`, in order. */
  readonly told: string[] = [];
  readonly #end = Promise.withResolvers<ExitReason>();

  constructor() {
    this.exited = this.#end.promise;
  }

  exit(reason: ExitReason): void {
    this.#end.resolve(reason);
  }

  close(): Promise<void> {
    this.exit({ kind: "requested" });
    return Promise.resolve();
  }

  lastLines(): string[] {
    return [];
  }

  requestKeyFrame(): void {
    this.told.push("key frame");
  }

  setTargetBps(targetBps: number): void {
    this.told.push(`${targetBps} bit/s`);
  }

  setFps(frameRate: number): void {
    this.told.push(`${frameRate} fps`);
  }

  resize({ width, height }: ScreenSize): void {
    this.told.push(`${width}x${height}`);
  }
}
