/**
 * What a start of the agent asks of GStreamer: everything at first, and nothing when it remembers.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireProgram } from "../../../agent/base/programs.ts";
import type { HealthSnapshot } from "../../../signaling/protocol.ts";
import { startAgent } from "../../fixtures/agent-process.ts";

const testTimeoutMs = 60_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "proof-cache-"));
  writeShim("gst-inspect-1.0");
  writeShim("gst-launch-1.0");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A program of the same name that writes down what it is asked, and then is the real one. */
function writeShim(name: string): void {
  const real = requireProgram(name);
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(
    join(bin, name),
    `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> '${join(folder, "asked")}'\nexec '${real}' "$@"\n`,
  );
  chmodSync(join(bin, name), 0o755);
}

/** Starts an agent, waits until it has looked at every encoder, ends it: what it knew and what it asked. */
async function start(
  args: readonly string[] = [],
): Promise<{ health: HealthSnapshot; asked: string[] }> {
  const asked = join(folder, "asked");
  rmSync(asked, { force: true });
  await using agent = await startAgent({
    args: ["--cache-dir", join(folder, "cache"), ...args],
    env: { PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}` },
  });
  const health = await agent.waitForHealth(
    "every proof",
    ({ encoders }) =>
      encoders.every(({ state }) => state === "proven" || state === "refused"),
    30_000,
  );
  const lines = existsSync(asked) ? readFileSync(asked, "utf8") : "";
  return {
    health,
    asked: lines
      .split("\n")
      .filter((line) => /^gst-inspect|videotestsrc/.test(line)),
  };
}

const proven = ({ encoders }: HealthSnapshot): string[] =>
  encoders
    .filter(({ state }) => state === "proven")
    .map(({ element }) => element);

describe("a start of the agent", () => {
  it(
    "proves what is installed, and the next start asks nothing",
    async () => {
      const first = await start();
      const proofs = first.asked.filter((line) =>
        line.includes("videotestsrc"),
      );
      expect(proofs).toHaveLength(proven(first.health).length);
      expect(first.health.encoders.some(({ remembered }) => remembered)).toBe(
        false,
      );
      const second = await start();
      expect(second.asked).toEqual([]);
      expect(proven(second.health)).toEqual(proven(first.health));
      expect(second.health.encoders.every(({ remembered }) => remembered)).toBe(
        true,
      );
    },
    testTimeoutMs,
  );

  it(
    "refuses the encoders of cards that are not here, each with the reason",
    async () => {
      const { health } = await start();
      expect(proven(health)).toEqual(
        expect.arrayContaining(["x264enc", "openh264enc", "vp8enc", "vp9enc"]),
      );
      const cards = health.encoders.filter(
        ({ family }) => family !== "software",
      );
      expect(cards.length).toBeGreaterThan(10);
      for (const { element, state, reason } of cards) {
        expect({ element, state, reason }).toEqual({
          element,
          state: "refused",
          reason: `GStreamer has no element ${element} here`,
        });
      }
      expect(health.video[0]?.why).toMatch(
        /^not installed: nvcudah264enc.*; x264enc proven in \d+ ms; /,
      );
    },
    testTimeoutMs,
  );

  it(
    "proves anew what a broken cache does not tell",
    async () => {
      const args = ["--video-codecs", "h264"];
      await start(args);
      writeFileSync(join(folder, "cache", "encoders.json"), "{");
      const { health, asked } = await start(args);
      expect(proven(health)).toEqual(["x264enc", "openh264enc"]);
      expect(asked.length).toBeGreaterThan(2);
    },
    testTimeoutMs,
  );
});
