import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { machineFingerprint } from "../../../../encoders/proof/fingerprint.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fingerprint-"));
  write("usr/lib/x86_64-linux-gnu/gstreamer-1.0/libgstx264.so", "1.22");
  write("proc/driver/nvidia/version", "550.54");
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const fingerprint = (): string => machineFingerprint("1.2.3", root);

describe("the fingerprint of a machine", () => {
  it("is the same as long as nothing changes", () => {
    expect(fingerprint()).toBe(fingerprint());
    expect(fingerprint()).toMatch(/^[0-9a-f]{64}$/);
  });

  it("changes with the agent", () => {
    expect(machineFingerprint("1.2.4", root)).not.toBe(fingerprint());
  });

  it.each([
    [
      "a plugin",
      "usr/lib/x86_64-linux-gnu/gstreamer-1.0/libgstx264.so",
      "1.24.1",
    ],
    [
      "another plugin",
      "usr/lib/aarch64-linux-gnu/gstreamer-1.0/libgstva.so",
      "x",
    ],
    ["the kernel driver", "proc/driver/nvidia/version", "560.28"],
    ["a card", "sys/class/drm/renderD128/device/vendor", "0x8086"],
    ["a render node", "dev/dri/renderD128", ""],
    ["a device of NVIDIA", "dev/nvidia0", ""],
    [
      "a driver of VA-API",
      "usr/lib/x86_64-linux-gnu/dri/iHD_drv_video.so",
      "x",
    ],
  ])("changes with %s", (_what, path, text) => {
    const before = fingerprint();
    write(path, text);
    expect(fingerprint()).not.toBe(before);
  });

  it("changes with the libraries of a driver", () => {
    const before = fingerprint();
    const library = "usr/lib/x86_64-linux-gnu/libnvidia-encode.so.1";
    symlinkSync("libnvidia-encode.so.560.28", join(root, library));
    expect(fingerprint()).not.toBe(before);
  });

  it("changes with what is said of drivers in the environment", () => {
    const before = fingerprint();
    const name = "LIBVA_DRIVER_NAME";
    const old = process.env[name];
    process.env[name] = "iHD-of-a-test";
    try {
      expect(fingerprint()).not.toBe(before);
    } finally {
      if (old === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = old;
    }
  });

  it("is had where there is nothing at all", () => {
    expect(machineFingerprint("", join(root, "nowhere"))).toMatch(/^[0-9a-f]/);
  });
});
