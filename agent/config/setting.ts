/**
 * What a setting is. The table of all of them is settings.ts; flags, variables, defaults, validation
 * and the reference document are derived from that table.
 */

/** The outcome of reading the text of one value. */
export type ReadValue<T> =
  /** `warning` is a sentence about the value that was accepted, e.g. that it was rounded. */
  | { ok: true; value: T; warning?: string }
  /** `reason` says what is wrong where the description of what is allowed does not. */
  | { ok: false; reason?: string };

/** A kind of value: how it is written, what is allowed, how it is read. */
export interface ValueKind<T> {
  /** What stands for the value in the usage text, e.g. `number` in `--port <number>`. */
  readonly placeholder: string;
  /** What is allowed, with unit and range; completes the sentence "allowed: …". */
  readonly allowed: string;
  /** Whether the flag comes as a pair, `--audio` and `--no-audio`, and takes no value. */
  readonly isSwitch?: true;
  /** Reads `text`; never throws. */
  read(text: string): ReadValue<T>;
}

/** Headings of the reference document, in its order. */
export const sections = [
  "Listener and access",
  "Sharing",
  "Display",
  "Application",
  "Video and audio",
  "Clipboard",
  "Files",
  "VNC fallback",
  "Network path (ICE)",
  "Ending and events",
  "Limits, files and logs",
] as const;
export type Section = (typeof sections)[number];

/** What a default may depend on. */
export interface DefaultContext {
  readonly env: NodeJS.ProcessEnv;
  /** The user id the agent runs as. */
  readonly uid: number;
}

/** One setting. */
export interface Setting<T> {
  /** The flag, e.g. `--port`; absent where the setting has another form on the command line. */
  readonly flag: `--${string}` | undefined;
  /** How it is given on the command line where that is not a flag, e.g. `run -- command`. */
  readonly commandLine: string | undefined;
  /** The environment variable. */
  readonly variable: string;
  readonly section: Section;
  /** One or two sentences for the reference document. */
  readonly description: string;
  readonly kind: ValueKind<T>;
  /** Whether the value must not appear in messages, logs and process lists. */
  readonly secret: boolean;
  /** The value where neither flag nor variable gives one. */
  readonly defaultOf: (context: DefaultContext) => T;
  /** The default in words, for the reference document. */
  readonly defaultText: string;
}

interface SettingFields<T> {
  flag?: `--${string}`;
  commandLine?: string;
  variable: string;
  section: Section;
  description: string;
  kind: ValueKind<T>;
  secret?: true;
}

/** A setting that always has a value. */
export function setting<T>(
  fields: SettingFields<T> & {
    default: NoInfer<T>;
    /** The default as a person would write it, where that differs from the value. */
    defaultText?: string;
  },
): Setting<T> {
  const {
    default: value,
    defaultText = `\`${String(value)}\``,
    ...rest
  } = fields;
  return complete(rest, () => value, defaultText);
}

/** A setting whose default depends on where the agent runs. */
export function computedSetting<T>(
  fields: SettingFields<T> & {
    defaultOf: (context: DefaultContext) => NoInfer<T>;
    defaultText: string;
  },
): Setting<T> {
  const { defaultOf, defaultText, ...rest } = fields;
  return complete(rest, defaultOf, defaultText);
}

/** A setting that may be absent; `defaultText` says what happens then. */
export function optionalSetting<T>(
  fields: SettingFields<T> & { defaultText: string },
): Setting<T | undefined> {
  const { defaultText, ...rest } = fields;
  return complete<T | undefined>(rest, () => undefined, defaultText);
}

function complete<T>(
  fields: SettingFields<T>,
  defaultOf: (context: DefaultContext) => T,
  defaultText: string,
): Setting<T> {
  return {
    flag: fields.flag,
    commandLine: fields.commandLine,
    variable: fields.variable,
    section: fields.section,
    description: fields.description,
    kind: fields.kind,
    secret: fields.secret ?? false,
    defaultOf,
    defaultText,
  };
}
