/**
 * Settings of the display: its size, its keyboard, its window manager.
 */
import { layoutName, xServers } from "../../../signaling/protocol.ts";
import { evenPixels, integer } from "../number-kinds.ts";
import { optionalSetting, setting, type ValueKind } from "../setting.ts";
import { choice, pattern } from "../value-kinds.ts";

/** Part of the table in settings.ts. */
export const displaySettings = {
  display: optionalSetting({
    flag: "--display",
    variable: "DISPLAY",
    section: "Display",
    description:
      "The X display to show instead of an own one; it must answer. `none` starts an own one although the variable is set.",
    kind: displayName(),
    defaultText: "an own display",
  }),
  xServer: setting({
    flag: "--x-server",
    variable: "STREAMSPACE_X_SERVER",
    section: "Display",
    description:
      "The X server of an own display. `kasmvnc` is KasmVNC's (`Xkasmvnc`, or an `Xvnc` that says it is KasmVNC), which opens no port: applications draw on the screen that its web client shows at `/vnc/`, so nothing is copied. Where it is not installed, the session does not start.",
    kind: choice(xServers),
    default: "xvfb",
  }),
  displayWidth: setting({
    flag: "--display-width",
    variable: "DISPLAY_WIDTH",
    section: "Display",
    description: "Width of the own display.",
    kind: evenPixels({ min: 64, max: 7680 }),
    default: 1920,
  }),
  displayHeight: setting({
    flag: "--display-height",
    variable: "DISPLAY_HEIGHT",
    section: "Display",
    description: "Height of the own display.",
    kind: evenPixels({ min: 64, max: 4320 }),
    default: 1080,
  }),
  displayDpi: setting({
    flag: "--display-dpi",
    variable: "DISPLAY_DPI",
    section: "Display",
    description: "Resolution that the own display reports to applications.",
    kind: integer({ min: 48, max: 480, unit: "dots per inch" }),
    default: 96,
  }),
  resize: setting({
    flag: "--resize",
    variable: "STREAMSPACE_RESIZE",
    section: "Display",
    description:
      "Whether the screen takes the size of the window of the viewer who controls the session: `follow` or `off`. `auto` follows on an own display, and leaves a display that was there before as it is; with `follow` that one changes too, where it can (RandR 1.3 with modes of its own, one monitor). `--display-width` and `--display-height` are then the first size.",
    kind: choice(["auto", "off", "follow"]),
    default: "auto",
  }),
  maxWidth: setting({
    flag: "--max-width",
    variable: "STREAMSPACE_MAX_WIDTH",
    section: "Display",
    description:
      "The widest screen that a viewer may have. Xvfb takes the memory of the largest screen from the start: 24 MB more for 3840 × 2160 than for 1920 × 1080.",
    kind: evenPixels({ min: 320, max: 7680 }),
    default: 3840,
  }),
  maxHeight: setting({
    flag: "--max-height",
    variable: "STREAMSPACE_MAX_HEIGHT",
    section: "Display",
    description: "The highest screen that a viewer may have.",
    kind: evenPixels({ min: 240, max: 4320 }),
    default: 2160,
  }),
  keyboardLayout: optionalSetting({
    flag: "--keyboard-layout",
    variable: "STREAMSPACE_KEYBOARD_LAYOUT",
    section: "Display",
    description:
      "The layout of the session's keyboard, as `setxkbmap` knows it, e.g. `de`, `fr(azerty)`, `us:intl` or `us,ru(phonetic)`. What a viewer types arrives with any layout; programs that look at keys rather than characters want theirs. Viewers can change it while the session runs.",
    kind: pattern({
      placeholder: "layout",
      allowed:
        "up to four layouts, separated by commas, each with a variant in parentheses or after a colon where wanted",
      matches: layoutName,
    }),
    defaultText: "the display's own, `us` with an own one",
  }),
  windowManager: setting({
    flag: "--window-manager",
    variable: "STREAMSPACE_WINDOW_MANAGER",
    section: "Display",
    description:
      "The window manager: a program, `none`, or `auto` for openbox on an own display and none on a display that was there before.",
    kind: pattern({
      placeholder: "program",
      allowed:
        "`auto`, `none`, or the name or absolute path of a program, without arguments",
      matches: /^[\w./+-]{1,256}$/,
    }),
    default: "auto",
  }),
};

function displayName(): ValueKind<string | undefined> {
  const name =
    /^(?:[a-zA-Z0-9.-]*(?:\/unix)?|\/[^\s:]+):\d{1,5}(?:\.\d{1,3})?$/;
  return {
    placeholder: "name",
    allowed: "an X display such as `:0`, or `none`",
    read(text) {
      if (text === "none") return { ok: true, value: undefined };
      return name.test(text) ? { ok: true, value: text } : { ok: false };
    },
  };
}
