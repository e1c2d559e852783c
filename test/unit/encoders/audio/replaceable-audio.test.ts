import { expect, it } from "vitest";
import type { ExitReason } from "../../../../agent/base/child-process.ts";
import { ReplaceableAudio } from "../../../../encoders/audio/replaceable-audio.ts";
import type { RunningPipeline } from "../../../../encoders/runners/running-pipeline.ts";

/** Children whose starts a test lets succeed or fail. */
function world(): {
  starts: { percent: number; child: FakeChild }[];
  start: (percent: number) => Promise<RunningPipeline>;
  failNext: () => void;
} {
  const starts: { percent: number; child: FakeChild }[] = [];
  let fails = false;
  return {
    starts,
    start: (percent) => {
      if (fails) return Promise.reject(new Error("no sound"));
      const child = new FakeChild();
      starts.push({ percent, child });
      return Promise.resolve(child);
    },
    failNext: () => {
      fails = true;
    },
  };
}

class FakeChild implements RunningPipeline {
  readonly #exit = Promise.withResolvers<ExitReason>();
  readonly exited = this.#exit.promise;
  isClosed = false;

  end(reason: ExitReason): void {
    this.#exit.resolve(reason);
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.end({ kind: "requested" });
    return Promise.resolve();
  }

  lastLines(): string[] {
    return [];
  }
}

const signal = new AbortController().signal;
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

it("ends the old child before the new one starts, and goes on", async () => {
  const { starts, start } = world();
  const audio = await ReplaceableAudio.start(start, 0, signal);
  audio.setFecLossPercent(10);
  await turns();
  expect(starts.map(({ percent }) => percent)).toEqual([0, 10]);
  expect(starts[0]?.child.isClosed).toBe(true);
  starts[1]?.child.end({ kind: "exit-code", exitCode: 1 });
  await expect(audio.exited).resolves.toEqual({
    kind: "exit-code",
    exitCode: 1,
  });
});

it("does what was said last, and nothing where that is so already", async () => {
  const { starts, start } = world();
  const audio = await ReplaceableAudio.start(start, 10, signal);
  audio.setFecLossPercent(10);
  await turns();
  audio.setFecLossPercent(25);
  audio.setFecLossPercent(0);
  audio.setFecLossPercent(25);
  await turns();
  expect(starts.map(({ percent }) => percent)).toEqual([10, 25]);
  await audio.close();
});

it("has ended where the new child does not start", async () => {
  const { start, failNext } = world();
  const audio = await ReplaceableAudio.start(start, 0, signal);
  failNext();
  audio.setFecLossPercent(10);
  await expect(audio.exited).resolves.toEqual({
    kind: "stalled",
    what: "no sound",
  });
});

it("leaves no child behind when it is closed in the middle", async () => {
  const { starts, start } = world();
  const audio = await ReplaceableAudio.start(start, 0, signal);
  audio.setFecLossPercent(10);
  await audio.close();
  await audio.close();
  await turns();
  expect(starts.every(({ child }) => child.isClosed)).toBe(true);
  await expect(audio.exited).resolves.toEqual({ kind: "requested" });
});
