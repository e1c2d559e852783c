import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseProcessStat,
  treeCpuMs,
  type ProcessStat,
} from "../../bench/latency/processor-time.ts";

describe("processor time", () => {
  it("reads /proc/PID/stat whatever the process calls itself", () => {
    const name = fc.string({ maxLength: 15 });
    fc.assert(
      fc.property(name, (comm) => {
        const text = `42 (${comm}) S 7 42 42 0 -1 4194304 100 200 3 4 150 50 20 30 20 0 1 0 99\n`;
        // utime + stime + cutime + cstime in hundredths of a second.
        expect(parseProcessStat(text)).toEqual({
          pid: 42,
          parentPid: 7,
          cpuMs: 2_500,
          endedChildrenMs: 500,
        });
      }),
    );
  });

  it("finds nothing in an empty file", () => {
    expect(parseProcessStat("")).toBeUndefined();
  });

  it("adds up the roots and all that descends from them", () => {
    const processes: ProcessStat[] = [
      process(1, 0, 1),
      process(10, 1, 10),
      process(11, 10, 100),
      process(12, 11, 1_000),
      process(20, 1, 10_000),
      process(30, 1, 100_000),
    ];
    expect(treeCpuMs(processes, [10, 20])).toBe(11_110);
    expect(treeCpuMs(processes, [11, 10])).toBe(1_110);
    expect(treeCpuMs(processes, [99])).toBe(0);
  });
});

function process(pid: number, parentPid: number, cpuMs: number): ProcessStat {
  return { pid, parentPid, cpuMs, endedChildrenMs: 0 };
}
