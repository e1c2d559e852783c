import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  ChildSpawner,
  type OwnedChild,
} from "../../../agent/base/child-process.ts";
import { whileRunning } from "../../bench/latency/while-running.ts";

const never = new AbortController().signal;

function sleeper(seconds: string): Promise<OwnedChild> {
  return new ChildSpawner().spawn({
    name: "the sleeper",
    file: "sleep",
    args: [seconds],
  });
}

describe("measuring while everything runs", () => {
  it("calls the work off and says which child ended", async () => {
    await using child = await sleeper("0.05");
    const work = whileRunning([child], never, async (signal) => {
      await delay(5_000, undefined, { signal });
    });
    await expect(work).rejects.toMatchObject({
      code: "child-exited",
      message: expect.stringContaining(
        "the sleeper exited with code 0 during the measurement",
      ) as string,
    });
  });

  it("refuses the result of work that did not notice", async () => {
    await using child = await sleeper("0.01");
    const work = whileRunning([child], never, async () => {
      await child.exited;
      return "a figure";
    });
    await expect(work).rejects.toMatchObject({ code: "child-exited" });
  });

  it("gives the result where nothing ended before it", async () => {
    await using child = await sleeper("60");
    const work = whileRunning([child], never, () => Promise.resolve(42));
    await expect(work).resolves.toBe(42);
  });
});
