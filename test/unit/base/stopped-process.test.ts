import { spawn } from "node:child_process";
import { expect, test, vi } from "vitest";
import { isStopped } from "../../../agent/base/stopped-process.ts";

const atMost = { timeout: 5_000 };

test("tells a stopped process from one that sleeps, goes on, or has ended", async () => {
  const child = spawn("sleep", ["30"]);
  const pid = child.pid ?? 0;
  expect(isStopped(pid)).toBe(false);
  child.kill("SIGSTOP");
  await vi.waitFor(() => {
    expect(isStopped(pid)).toBe(true);
  }, atMost);
  child.kill("SIGCONT");
  await vi.waitFor(() => {
    expect(isStopped(pid)).toBe(false);
  }, atMost);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  expect(isStopped(pid)).toBe(false);
});
