/**
 * Settings of the clipboard.
 */
import {
  clipboardLimits,
  clipboardPolicies,
} from "../../../signaling/protocol.ts";
import { integer } from "../number-kinds.ts";
import { setting } from "../setting.ts";
import { choice, onOff } from "../value-kinds.ts";

/** Part of the table in settings.ts. */
export const clipboardSettings = {
  clipboard: setting({
    flag: "--clipboard",
    variable: "STREAMSPACE_CLIPBOARD",
    section: "Clipboard",
    description:
      "Which way the clipboard goes: `in` from the browser into the session, `out` from the session to the browser, `both`, or `off`. Only viewers with control have it.",
    kind: choice(clipboardPolicies),
    default: "both",
  }),
  clipboardMaxBytes: setting({
    flag: "--clipboard-max-bytes",
    variable: "STREAMSPACE_CLIPBOARD_MAX_BYTES",
    section: "Clipboard",
    description:
      "The most bytes of one clipboard, all its formats together. More is neither taken nor given.",
    kind: integer({ min: 1_024, max: clipboardLimits.maxBytes, unit: "bytes" }),
    default: 67_108_864,
    defaultText: "`67108864` (64 MiB)",
  }),
  clipboardPrimary: setting({
    flag: "--clipboard-primary",
    variable: "STREAMSPACE_CLIPBOARD_PRIMARY",
    section: "Clipboard",
    description:
      "Whether marking text in the session (the PRIMARY selection) counts as copying, and what the browser gives can be pasted with the middle button.",
    kind: onOff,
    default: false,
  }),
};
