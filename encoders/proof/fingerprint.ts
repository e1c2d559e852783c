/**
 * What the results of proofs depend on: GStreamer, its plugins, the drivers of the cards. Read from files alone,
 * so that a later start needs no child to see that nothing has changed.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";

/** E.g. `x86_64-linux-gnu`, as Debian calls the folder of an architecture. */
const multiarchTuple = /^\w+-linux-\w+$/;

/** Folders in which distributions keep GStreamer's plugins; `*` stands for an architecture. */
const pluginFolders = [
  "/usr/lib/*/gstreamer-1.0",
  "/usr/lib/gstreamer-1.0",
  "/usr/lib64/gstreamer-1.0",
  "/usr/local/lib/gstreamer-1.0",
  "/usr/local/lib/*/gstreamer-1.0",
];

/** Files and folders that change with a driver or a card. */
const driverFiles = [
  "/proc/driver/nvidia/version",
  "/sys/module/nvidia/version",
  "/sys/module/i915/version",
  "/proc/sys/kernel/osrelease",
];
/** Their names count, and of the drivers of VA-API their size and time. */
const deviceFolders = ["/dev/dri"];
const driverFolders = ["/usr/lib/*/dri", "/usr/lib64/dri", "/usr/lib/dri"];
/** Where the driver of NVIDIA puts its libraries, whose names carry its version. */
const libraryFolders = ["/usr/lib/*/.", "/usr/lib64"];
const driverLibrary = /^lib(?:cuda|nvidia-encode|nvcuvid|va)\.so/;

/** Environment that changes which plugins and drivers are loaded. */
const variables = [
  "GST_PLUGIN_PATH",
  "GST_PLUGIN_PATH_1_0",
  "GST_PLUGIN_SYSTEM_PATH",
  "GST_PLUGIN_SYSTEM_PATH_1_0",
  "GST_PLUGIN_FEATURE_RANK",
  "LIBVA_DRIVER_NAME",
  "LIBVA_DRIVERS_PATH",
  "NVIDIA_VISIBLE_DEVICES",
  "NVIDIA_DRIVER_CAPABILITIES",
];

/**
 * A hash of all that; takes a few milliseconds.
 * @param salt what else the results depend on, e.g. the agent's version.
 * @param root prefix of every path, for tests.
 */
export function machineFingerprint(salt: string, root = ""): string {
  const hash = createHash("sha256");
  const add = (...words: readonly string[]): void => {
    hash.update(words.join("\0")).update("\n");
  };
  add("salt", salt);
  for (const name of variables) add("env", name, process.env[name] ?? "");
  for (const path of driverFiles)
    add("file", path, quietly(() => readFileSync(root + path, "utf8")) ?? "");
  for (const path of deviceFolders) add("folder", path, ...listed(root + path));
  add(
    "devices",
    ...listed(`${root}/dev`).filter((name) => name.startsWith("nvidia")),
  );
  for (const folder of libraryFolders.flatMap((path) => expand(root + path))) {
    for (const name of listed(folder).filter((file) =>
      driverLibrary.test(file),
    ))
      add(
        "library",
        name,
        quietly(() => readlinkSync(join(folder, name))) ?? "",
      );
  }
  for (const card of listed(`${root}/sys/class/drm`)) {
    const device = `${root}/sys/class/drm/${card}/device`;
    for (const field of ["vendor", "device"]) {
      const value = quietly(() => readFileSync(join(device, field), "utf8"));
      if (value !== undefined) add("card", card, field, value);
    }
  }
  const folders = [...driverFolders, ...pluginFolders];
  for (const folder of folders.flatMap((path) => expand(root + path))) {
    for (const file of listed(folder)) {
      const facts = quietly(() => statSync(join(folder, file)));
      add("plugin", file, `${facts?.size} ${facts?.mtimeMs}`);
    }
    const library = join(folder, "..", "libgstreamer-1.0.so.0");
    add("library", quietly(() => readlinkSync(library)) ?? "");
  }
  return hash.digest("hex");
}

/** Names in a folder, sorted; none where there is no such folder. */
function listed(folder: string): string[] {
  return quietly(() => readdirSync(folder).sort()) ?? [];
}

function expand(path: string): string[] {
  const [before = "", after] = path.split("/*/");
  if (after === undefined) return [path];
  return listed(before)
    .filter((name) => multiarchTuple.test(name))
    .map((name) => join(before, name, after));
}

/** What is not there, or not for us to read, is for the fingerprint the same as empty. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
