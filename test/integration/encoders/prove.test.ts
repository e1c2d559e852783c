/**
 * Proofs of the encoders that are installed here, by real children.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { proveEncoder } from "../../../encoders/proof/prove.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import { installedEncoder } from "../../fixtures/encoders.ts";

const never = new AbortController().signal;

/** `encoder` with other properties of its element. */
function changed(
  encoder: VideoEncoder,
  properties: Readonly<Record<string, string | number>>,
): VideoEncoder {
  return {
    ...encoder,
    encoding: (options) => {
      const encoding = encoder.encoding(options);
      const stage = encoding.encoder;
      return {
        ...encoding,
        encoder: {
          ...stage,
          properties: { ...stage.properties, ...properties },
        },
      };
    },
  };
}

describe("a proof", () => {
  it.each(["x264enc", "openh264enc", "vp8enc", "vp9enc", "x265enc"])(
    "of %s brings a key frame and what follows",
    async (element) => {
      const spawner = new ChildSpawner();
      const encoder = await installedEncoder(element);
      const result = await proveEncoder(encoder, { spawner, signal: never });
      expect(result).toMatchObject({ state: "proven" });
      expect(spawner.children.size).toBe(0);
    },
  );

  it("refuses what its element refuses, in the element's words", async () => {
    const spawner = new ChildSpawner();
    const x264 = await installedEncoder("x264enc");
    const result = await proveEncoder(changed(x264, { nothing: 1 }), {
      spawner,
      signal: never,
    });
    expect(result).toEqual({
      state: "refused",
      reason: 'no property "nothing" in element "x264enc"',
    });
  });

  it("refuses an encoder that is too slow, and ends it", async () => {
    const spawner = new ChildSpawner();
    const x264 = await installedEncoder("x264enc");
    const slow = {
      ...x264,
      encoding: (options: Parameters<VideoEncoder["encoding"]>[0]) => {
        const encoding = x264.encoding(options);
        // Microseconds for each frame; stands for a driver that hangs.
        const hung = {
          name: "identity",
          properties: { "sleep-time": 900_000 },
        };
        return { ...encoding, between: [...encoding.between, hung] };
      },
    };
    const result = await proveEncoder(slow, {
      spawner,
      signal: never,
      timeoutMs: 1_500,
    });
    expect(result).toEqual({
      state: "refused",
      reason: "12 frames took longer than 1500 ms",
    });
    expect(spawner.children.size).toBe(0);
  });

  it("refuses an encoder that writes without end, long before its deadline", async () => {
    const folder = mkdtempSync(join(tmpdir(), "proof-"));
    const program = join(folder, "gst-launch-1.0");
    writeFileSync(program, "#!/bin/sh\nexec cat /dev/zero >&3\n", {
      mode: 0o755,
    });
    vi.stubEnv("PATH", [folder, process.env["PATH"]].join(delimiter));
    const spawner = new ChildSpawner();
    const startMs = performance.now();
    const result = await proveEncoder(await installedEncoder("x264enc"), {
      spawner,
      signal: never,
    });
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
    expect(result).toEqual({
      state: "refused",
      reason: "more than 8 MiB of RTP",
    });
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(spawner.children.size).toBe(0);
  });

  it("ends with its signal and leaves no child", async () => {
    const spawner = new ChildSpawner();
    const controller = new AbortController();
    const proof = proveEncoder(await installedEncoder("x264enc"), {
      spawner,
      signal: controller.signal,
    });
    controller.abort();
    await expect(proof).rejects.toMatchObject({ code: "aborted" });
    expect(spawner.children.size).toBe(0);
  });
});
