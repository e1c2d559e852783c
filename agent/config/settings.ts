/**
 * The table of settings. Everything about a setting is said here once: the type {@link Config}, the
 * flags, the variables, the defaults, the validation and docs/configuration.md come from it. The
 * areas of the table are the files in settings/.
 */
import type { Setting } from "./setting.ts";
import { accessSettings } from "./settings/access.ts";
import { applicationSettings } from "./settings/application.ts";
import { clipboardSettings } from "./settings/clipboard.ts";
import { displaySettings } from "./settings/display.ts";
import { filesSettings } from "./settings/files.ts";
import { mediaSettings } from "./settings/media.ts";
import { networkSettings } from "./settings/network.ts";
import { orchestrationSettings } from "./settings/orchestration.ts";
import { runningSettings } from "./settings/running.ts";
import { sharingSettings } from "./settings/sharing.ts";
import { vncSettings } from "./settings/vnc.ts";

/** Every setting, by the name it has in {@link Config}. */
export const settings = {
  ...accessSettings,
  ...sharingSettings,
  ...displaySettings,
  ...applicationSettings,
  ...mediaSettings,
  ...clipboardSettings,
  ...filesSettings,
  ...vncSettings,
  ...networkSettings,
  ...orchestrationSettings,
  ...runningSettings,
};

export type SettingName = keyof typeof settings;

/** The names of all settings, in the order of the table. */
export const settingNames = Object.keys(settings) as readonly SettingName[];

type SettingValue<S> = S extends Setting<infer T> ? T : never;

/** The settings of a running agent: validated, with defaults filled in. Bit rates are in bit/s. */
export type Config = {
  readonly [Name in SettingName]: SettingValue<(typeof settings)[Name]>;
};
