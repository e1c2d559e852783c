/**
 * Settings of the files that are exchanged with viewers.
 */
import { filesLimits, filesPolicies } from "../../../signaling/protocol.ts";
import { integer } from "../number-kinds.ts";
import { optionalSetting, setting } from "../setting.ts";
import { absolutePath, choice } from "../value-kinds.ts";

/** Part of the table in settings.ts. */
export const filesSettings = {
  files: setting({
    flag: "--files",
    variable: "STREAMSPACE_FILES",
    section: "Files",
    description:
      "Which way files go: `upload` from the browser into the session, `download` from the session to the browser, `both`, or `off`. Only viewers with control move files.",
    kind: choice(filesPolicies),
    default: "off",
  }),
  filesDir: optionalSetting({
    flag: "--files-dir",
    variable: "STREAMSPACE_FILES_DIR",
    section: "Files",
    description:
      "The folder that uploads go into and downloads come from; made where it is missing. Regular files directly in it, and no hidden ones; links in it are not followed.",
    kind: absolutePath,
    defaultText: "`~/Downloads` of the session's user",
  }),
  filesMaxBytes: setting({
    flag: "--files-max-bytes",
    variable: "STREAMSPACE_FILES_MAX_BYTES",
    section: "Files",
    description:
      "The most bytes of one file, either way. Browsers keep a download in memory, or on their own disk, until it is whole.",
    kind: integer({ min: 1, max: filesLimits.maxBytes, unit: "bytes" }),
    default: 1_073_741_824,
    defaultText: "`1073741824` (1 GiB)",
  }),
  filesMaxCount: setting({
    flag: "--files-max-count",
    variable: "STREAMSPACE_FILES_MAX_COUNT",
    section: "Files",
    description:
      "The most files and folders that the folder may have for an upload to be taken; hidden ones do not count.",
    kind: integer({ min: 1, max: 100_000, unit: "entries" }),
    default: 1_000,
  }),
  filesMinFreeBytes: setting({
    flag: "--files-min-free-bytes",
    variable: "STREAMSPACE_FILES_MIN_FREE_BYTES",
    section: "Files",
    description:
      "The bytes that uploads leave free on the folder's disk. An upload that would leave less is refused before it begins.",
    kind: integer({ min: 0, max: filesLimits.maxBytes, unit: "bytes" }),
    default: 268_435_456,
    defaultText: "`268435456` (256 MiB)",
  }),
};
