/**
 * The settings of sharing a session: who may look, who may act, how many.
 */
import { controlModes } from "../../../signaling/protocol.ts";
import { integer } from "../number-kinds.ts";
import { optionalSetting, setting } from "../setting.ts";
import { absolutePath, choice, onOff, token } from "../value-kinds.ts";

/** Part of the table in settings.ts. */
export const sharingSettings = {
  viewerToken: optionalSetting({
    flag: "--viewer-token",
    variable: "STREAMSPACE_VIEWER_TOKEN",
    section: "Sharing",
    description:
      "The credential with which a viewer may look and listen, and nothing else. `streamspace-agent token --viewer` prints the one in use.",
    kind: token,
    secret: true,
    defaultText: "a random token",
  }),
  viewerTokenFile: optionalSetting({
    flag: "--viewer-token-file",
    variable: "STREAMSPACE_VIEWER_TOKEN_FILE",
    section: "Sharing",
    description:
      "A file that holds the viewer token, read as `--token-file` is.",
    kind: absolutePath,
    defaultText: "none",
  }),
  control: setting({
    flag: "--control",
    variable: "STREAMSPACE_CONTROL",
    section: "Sharing",
    description:
      "Who may type and click: `shared`: everybody with the token; `exclusive`: one of them at a time, who can hand control on.",
    kind: choice(controlModes),
    default: "shared",
  }),
  allowViewerControl: setting({
    flag: "--allow-viewer-control",
    variable: "STREAMSPACE_ALLOW_VIEWER_CONTROL",
    section: "Sharing",
    description:
      "Whether somebody with the viewer token may ask for control and be given it by somebody with the token.",
    kind: onOff,
    default: false,
  }),
  viewerCursors: setting({
    flag: "--viewer-cursors",
    variable: "STREAMSPACE_VIEWER_CURSORS",
    section: "Sharing",
    description:
      "Whether viewers see where the pointers of the others are, which with `--cursor client` are not in the video.",
    kind: onOff,
    default: true,
  }),
  maxViewers: setting({
    flag: "--max-viewers",
    variable: "STREAMSPACE_MAX_VIEWERS",
    section: "Sharing",
    description:
      "How many viewers may be connected at the same time, whatever their tokens. Those with the viewer token leave one place free.",
    kind: integer({ min: 1, max: 64, unit: "viewers" }),
    default: 8,
  }),
  maxControllers: optionalSetting({
    flag: "--max-controllers",
    variable: "STREAMSPACE_MAX_CONTROLLERS",
    section: "Sharing",
    description:
      "How many viewers with the token may be connected at the same time.",
    kind: integer({ min: 1, max: 64, unit: "viewers" }),
    defaultText: "as many as `--max-viewers`",
  }),
};
