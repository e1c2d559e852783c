import { closeSync, openSync } from "node:fs";
import { expect, it, test } from "vitest";
import {
  fewestBytes,
  fewestDescriptors,
  shortagesOf,
  ShortageWatch,
} from "../../../agent/health/shortage-watch.ts";

test.each([
  { descriptors: undefined, error: undefined, bytes: undefined, says: [] },
  {
    descriptors: fewestDescriptors,
    error: undefined,
    bytes: fewestBytes,
    says: [],
  },
  {
    ...{ descriptors: 31, error: undefined, bytes: fewestBytes },
    says: ["blocking: the agent has only 31 file descriptors left"],
  },
  {
    ...{ descriptors: undefined, error: "ENFILE", bytes: undefined },
    says: ["blocking: the agent cannot open files (ENFILE)"],
  },
  {
    ...{ descriptors: 900, error: undefined, bytes: 4_096 },
    says: ["lacking: the file system of the run-time directory is full"],
  },
])("%o", ({ descriptors, error, bytes, says }) => {
  const { blocking, lacking } = shortagesOf({
    descriptorsLeft: descriptors,
    openError: error,
    bytesLeft: bytes,
  });
  expect([
    ...blocking.map((words) => `blocking: ${words}`),
    ...lacking.map((words) => `lacking: ${words}`),
  ]).toEqual(says);
});

it("finds nothing wrong with a machine that gives enough", () => {
  const watch = new ShortageWatch({
    directory: "/tmp",
    onChange: () => undefined,
  });
  watch.look();
  expect(watch.shortages.blocking).toEqual([]);
  watch.close();
  watch.close();
});

it("costs less than 2 ms a look", () => {
  const open = Array.from({ length: 200 }, () => openSync("/dev/null", "r"));
  const watch = new ShortageWatch({
    directory: "/tmp",
    onChange: () => undefined,
  });
  watch.look();
  // Of the processor: other tests run at the same time.
  const start = process.threadCpuUsage();
  for (let look = 0; look < 50; look += 1) watch.look();
  const { user, system } = process.threadCpuUsage(start);
  expect((user + system) / 1_000 / 50).toBeLessThan(2);
  watch.close();
  for (const descriptor of open) closeSync(descriptor);
});
