/**
 * Configurations from what a test names, and nothing else.
 */
import {
  loadConfig,
  readConfig,
  type ConfigSources,
} from "../../agent/config/load-config.ts";
import type { Config } from "../../agent/config/settings.ts";

/** Loads with nothing given but what a test names. */
export function load(sources: Partial<ConfigSources> = {}): {
  config: Config;
  warnings: readonly string[];
} {
  return loadConfig({ flags: {}, env: {}, uid: 1000, ...sources });
}

/** What is wrong with it, each in a sentence. */
export function problemsOf(sources: Partial<ConfigSources>): readonly string[] {
  const result = readConfig({ flags: {}, env: {}, uid: 1000, ...sources });
  return result.ok ? [] : result.problems;
}
