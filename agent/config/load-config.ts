/**
 * From flags and variables to a {@link Config}: flag over variable over default, every problem
 * reported at once.
 */
import { readFileSync } from "node:fs";
import { StreamSpaceError, systemCodeOf } from "../base/errors.ts";
import {
  isServiceVariable,
  warnAboutForeignVariables,
} from "./foreign-variables.ts";
import { pairProblems } from "./setting-pairs.ts";
import type { DefaultContext, Setting } from "./setting.ts";
import {
  settingNames,
  settings,
  type Config,
  type SettingName,
} from "./settings.ts";
import { isCommand } from "./value-kinds.ts";

/** What the command line and the environment say. */
export interface ConfigSources {
  /** Text of each flag that was given, by setting; switches as `true` and `false`. */
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  /** What followed `--` after `run`; absent or empty where nothing did. */
  readonly command?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The user id that defaults are made for; that of this process where absent. */
  readonly uid?: number;
  /** Reads the token file; replaced in tests. */
  readonly readFile?: (path: string) => string;
}

/** A configuration, with sentences about what is odd but not wrong. */
export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
}

/** A configuration, or all that is wrong with it. */
export type ConfigResult =
  | ({ readonly ok: true } & LoadedConfig)
  | {
      readonly ok: false;
      readonly problems: readonly string[];
      readonly warnings: readonly string[];
    };

/**
 * The configuration, or an error that lists every problem.
 * @throws StreamSpaceError `config`.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const result = readConfig(sources);
  if (result.ok) return { config: result.config, warnings: result.warnings };
  throw configError(result.problems);
}

/** One error for all `problems`. */
export function configError(problems: readonly string[]): StreamSpaceError {
  const count =
    problems.length === 1
      ? "1 setting is wrong"
      : `${problems.length} settings are wrong`;
  return new StreamSpaceError(
    "config",
    [`${count}:`, ...problems.map((problem) => `- ${problem}`)].join("\n"),
    {
      mend: "Every setting is described in docs/configuration.md and in: streamspace-agent run --help",
    },
  );
}

/** Reads every setting and collects what is wrong; never throws. */
export function readConfig(sources: ConfigSources): ConfigResult {
  const reader = new SettingReader(sources);
  const values = Object.fromEntries(
    settingNames.map((name) => [name, reader.value(name)]),
  ) as Config;
  const { problems, warnings } = reader;
  const token = reader.token(values, "token", "tokenFile");
  const viewerToken = reader.token(values, "viewerToken", "viewerTokenFile");
  const eventWebhookSecret = reader.token(
    values,
    "eventWebhookSecret",
    "eventWebhookSecretFile",
  );
  if (token !== undefined && token === viewerToken) {
    problems.push(
      `${reader.writtenAs("viewerToken")} is the same as ${reader.writtenAs("token")}, so that nobody would only look; choose another`,
    );
  }
  problems.push(
    ...pairProblems(values, {
      writtenAs: (name) => reader.writtenAs(name),
      isWrong: (name) => reader.isWrong(name),
    }),
  );
  warnings.push(
    ...warnAboutForeignVariables(
      sources.env,
      settingNames.map((name) => settings[name].variable),
    ),
  );
  return problems.length > 0
    ? { ok: false, problems, warnings }
    : {
        ok: true,
        config: Object.freeze({
          ...values,
          token,
          viewerToken,
          eventWebhookSecret,
        }),
        warnings,
      };
}

const longestQuotedValue = 80;

/** Reads settings one after the other and remembers what is wrong with them. */
class SettingReader {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  readonly #sources: ConfigSources;
  readonly #context: DefaultContext;
  readonly #wrong = new Set<SettingName>();

  constructor(sources: ConfigSources) {
    this.#sources = sources;
    this.#context = {
      env: sources.env,
      uid: sources.uid ?? process.getuid?.() ?? 0,
    };
  }

  /** The value of a setting; its default where the given one is wrong. */
  value(name: SettingName): unknown {
    const setting: Setting<unknown> = settings[name];
    const command = this.#sources.command ?? [];
    if (name === "application" && command.length > 0) {
      if (isCommand(command)) return command;
      this.#refuse(name, "the command after -- has no program name");
    }
    const text = this.#text(name);
    if (text === undefined) return setting.defaultOf(this.#context);
    const result = setting.kind.read(text);
    if (result.ok) {
      if (result.warning !== undefined) {
        this.warnings.push(`${this.writtenAs(name)}: ${result.warning}`);
      }
      return result.value;
    }
    const reason = result.reason === undefined ? "" : ` (${result.reason})`;
    const shown = setting.secret ? "has a wrong value" : `is ${quote(text)}`;
    this.#refuse(
      name,
      `${this.writtenAs(name)} ${shown}${reason}; allowed: ${setting.kind.allowed}`,
    );
    return setting.defaultOf(this.#context);
  }

  /** A token, from its setting or its file. */
  token(
    values: Config,
    name: "token" | "viewerToken" | "eventWebhookSecret",
    fileName: "tokenFile" | "viewerTokenFile" | "eventWebhookSecretFile",
  ): string | undefined {
    const path = values[fileName];
    if (path === undefined) return values[name];
    const file = this.writtenAs(fileName);
    if (values[name] !== undefined || this.isWrong(name)) {
      this.problems.push(
        `${this.writtenAs(name)} and ${file} are both given; keep one`,
      );
      return undefined;
    }
    const token = this.#contents(file, path);
    if (token === undefined) return undefined;
    const result = settings[name].kind.read(token);
    if (result.ok) return result.value;
    this.problems.push(
      `${file} is ${quote(path)}, which holds no usable token; allowed: ${settings[name].kind.allowed}`,
    );
    return undefined;
  }

  isWrong(name: SettingName): boolean {
    return this.#wrong.has(name);
  }

  /** The setting as it was written: the flag where one was given, else the variable. */
  writtenAs(name: SettingName): string {
    const { flag, variable } = settings[name];
    return this.#sources.flags[name] !== undefined && flag !== undefined
      ? flag
      : variable;
  }

  #text(name: SettingName): string | undefined {
    const flag = this.#sources.flags[name];
    if (flag !== undefined) return flag;
    const { variable } = settings[name];
    const text = this.#sources.env[variable];
    // `NAME=` in a manifest or a compose file means: not set.
    if (text === undefined || text === "") return undefined;
    return isServiceVariable(variable, text) ? undefined : text;
  }

  #contents(writtenAs: string, path: string): string | undefined {
    const read =
      this.#sources.readFile ?? ((name) => readFileSync(name, "utf8"));
    try {
      return read(path).trim();
    } catch (error) {
      const why = systemCodeOf(error) ?? "unknown error";
      this.problems.push(
        `${writtenAs} is ${quote(path)}, which cannot be read (${why})`,
      );
      return undefined;
    }
  }

  #refuse(name: SettingName, problem: string): void {
    this.#wrong.add(name);
    this.problems.push(problem);
  }
}

/** `text` in quotes, short and on one line. */
function quote(text: string): string {
  const short =
    text.length > longestQuotedValue
      ? `${text.slice(0, longestQuotedValue)}…`
      : text;
  return JSON.stringify(short);
}
