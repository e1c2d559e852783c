/**
 * A configuration that may be logged.
 */
import { settingNames, settings, type Config } from "./settings.ts";

/** The values of all settings; where a secret one is set, a word that says so takes its place. */
export function describeConfig(config: Config): Record<string, unknown> {
  return Object.fromEntries(
    settingNames.map((name) => {
      const value: unknown = config[name];
      const isGiven =
        value !== undefined && !(Array.isArray(value) && value.length === 0);
      return [name, settings[name].secret && isGiven ? "[secret]" : value];
    }),
  );
}
