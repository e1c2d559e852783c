import { defineConfig } from "vitest/config";

/**
 * Three projects: `unit` is pure and parallel; `integration` and `e2e` start real displays, encoders
 * and browsers, so that their files take turns. Nothing is tried twice.
 */
export default defineConfig({
  test: {
    retry: 0,
    allowOnly: false,
    teardownTimeout: 15_000,
    // A poll ends with the state that it waits for. How soon something has to be is a figure that a test asserts.
    expect: { poll: { timeout: 5_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          testTimeout: 10_000,
          hookTimeout: 10_000,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
