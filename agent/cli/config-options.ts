/**
 * Flags from the table of settings.
 */
import { Option, type Command } from "commander";
import { loadConfig, type LoadedConfig } from "../config/load-config.ts";
import { sections } from "../config/setting.ts";
import {
  settingNames,
  settings,
  type SettingName,
} from "../config/settings.ts";

/** Gives `command` a flag for every setting that has one. */
export function addConfigOptions(command: Command): Command {
  for (const section of sections) {
    command.optionsGroup(`${section}:`);
    for (const name of settingNames) {
      if (settings[name].section !== section) continue;
      for (const option of optionsOf(name)) command.addOption(option);
    }
  }
  return command;
}

/**
 * The configuration from the flags that `command` was given and from the environment.
 * @throws StreamSpaceError `config`.
 */
export function configOf(
  command: Command,
  application: readonly string[] = [],
): LoadedConfig {
  const given = command.opts<Readonly<Record<string, unknown>>>();
  const flags: Partial<Record<SettingName, string>> = {};
  for (const name of settingNames) {
    const option = optionsOf(name)[0];
    const value =
      option === undefined ? undefined : given[option.attributeName()];
    if (typeof value === "string" || typeof value === "boolean") {
      flags[name] = String(value);
    }
  }
  return loadConfig({ flags, command: application, env: process.env });
}

function optionsOf(name: SettingName): Option[] {
  const { flag, variable, kind, description, defaultText } = settings[name];
  if (flag === undefined) return [];
  const words = `${description} (${variable}; default: ${defaultText.replaceAll("`", "")})`;
  // With both forms declared, commander leaves the value undefined unless one of them was given.
  return kind.isSwitch
    ? [
        new Option(flag, words),
        new Option(flag.replace("--", "--no-"), `The opposite of ${flag}.`),
      ]
    : [new Option(`${flag} <${kind.placeholder}>`, words)];
}
