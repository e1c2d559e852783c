/**
 * Who hangs, and who has much to do.
 */
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  HangJudge,
  longestSilenceMs,
} from "../../../agent/session/hang-judge.ts";

function judged(worked: number | undefined) {
  const at = { nowMs: 0, workMs: worked === undefined ? undefined : 0 };
  const judge = new HangJudge(1, {
    nowMs: () => at.nowMs,
    workMs: () => at.workMs,
  });
  const ask = (silentMs: number, share: number): boolean => {
    judge.asked();
    at.nowMs += silentMs;
    if (at.workMs !== undefined) at.workMs += silentMs * share;
    return judge.hasHung();
  };
  return { judge, ask };
}

test("one that does nothing has hung", () => {
  expect(judged(0).ask(1_250, 0)).toBe(true);
});

test("one that does hardly anything has hung", () => {
  expect(judged(0).ask(1_250, 0.05)).toBe(true);
});

test("one that works, or waits for a processor, has not", () => {
  expect(judged(0).ask(1_250, 0.3)).toBe(false);
});

test("one that was stopped while it worked is found at the next question", () => {
  const { ask } = judged(0);
  expect(ask(1_250, 0.6)).toBe(false);
  expect(ask(1_250, 0)).toBe(true);
});

test("an endless loop has hung when its time is over, and an answer gives it all its time again", () => {
  const { judge, ask } = judged(0);
  const rounds = longestSilenceMs / 1_250;
  for (let round = 1; round < rounds; round += 1)
    expect(ask(1_250, 1), `round ${round}`).toBe(false);
  judge.answered();
  for (let round = 1; round < rounds; round += 1)
    expect(ask(1_250, 1), `round ${round} after the answer`).toBe(false);
  expect(ask(1_250, 1)).toBe(true);
});

test("where the kernel does not tell, silence is all there is", () => {
  expect(judged(undefined).ask(1_250, 1)).toBe(true);
});

test("reads how much a real process works: one in a loop, and one that sleeps", async () => {
  const busy = spawn("sh", ["-c", "while :; do :; done"]);
  const idle = spawn("sleep", ["60"]);
  try {
    const judges = [busy, idle].map(({ pid }) => new HangJudge(pid ?? 0));
    await delay(200); // Both have started.
    for (const judge of judges) judge.asked();
    await delay(300);
    expect(judges.map((judge) => judge.hasHung())).toEqual([false, true]);
  } finally {
    busy.kill("SIGKILL");
    idle.kill("SIGKILL");
  }
});
