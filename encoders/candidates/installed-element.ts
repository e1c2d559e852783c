/**
 * What an installed GStreamer element is like, as `gst-inspect-1.0` tells: in a child, because loading a plugin
 * runs its driver.
 */
import { runToEnd, type ChildSpawner } from "../../agent/base/child-process.ts";
import { StreamSpaceError } from "../../agent/base/errors.ts";
import type { PropertyValue } from "./candidate.ts";

/** What a property takes. */
export interface ElementProperty {
  kind: "boolean" | "number" | "choice" | "other";
  isWritable: boolean;
  /** GStreamer says that it may be changed while the element runs; elements that allow it do not all say so. */
  isLive?: boolean | undefined;
  /** Of a number, both ends included. */
  range?: { min: number; max: number } | undefined;
  /** Words of an enumeration or a set of flags. */
  choices?: readonly string[] | undefined;
}

/** An element that is installed. */
export interface InstalledElement {
  name: string;
  /** Version of its plugin, e.g. `1.22.0`. */
  version: string;
  /** File of its plugin. */
  file: string;
  properties: ReadonlyMap<string, ElementProperty>;
}

/** Longer than a driver takes to load that still works. */
const inspectTimeoutMs = 5_000;

/** Answers which elements are installed; each is looked at once. */
export class ElementInspector {
  readonly #signal: AbortSignal | undefined;
  readonly #spawner: ChildSpawner | undefined;
  readonly #known: Map<string, InstalledElement | undefined>;
  readonly #questions = new Map<
    string,
    Promise<InstalledElement | undefined>
  >();

  /** @param options.known answers from before; new ones are added to it. */
  constructor(
    options: {
      signal?: AbortSignal;
      spawner?: ChildSpawner;
      known?: Map<string, InstalledElement | undefined>;
    } = {},
  ) {
    this.#signal = options.signal;
    this.#spawner = options.spawner;
    this.#known = options.known ?? new Map<string, undefined>();
  }

  /**
   * The element called `name`, or `undefined` where there is none.
   * @throws StreamSpaceError `missing-program`, `timeout` (a driver hangs), `aborted`.
   */
  inspect(name: string): Promise<InstalledElement | undefined> {
    if (this.#known.has(name)) return Promise.resolve(this.#known.get(name));
    const asked = this.#questions.get(name);
    if (asked !== undefined) return asked;
    const question = this.#ask(name);
    this.#questions.set(name, question);
    return question;
  }

  async #ask(name: string): Promise<InstalledElement | undefined> {
    const { exitCode, stdout } = await runToEnd({
      file: "gst-inspect-1.0",
      args: ["--no-colors", name],
      env: { ...process.env, LC_ALL: "C" },
      timeoutMs: inspectTimeoutMs,
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      ...(this.#spawner === undefined ? {} : { spawner: this.#spawner }),
    });
    const answer = exitCode === 0 ? parseElement(name, stdout) : undefined;
    this.#known.set(name, answer);
    return answer;
  }
}

/**
 * Reads what `gst-inspect-1.0` prints of an element.
 * @throws StreamSpaceError `internal` where that is something else.
 */
export function parseElement(name: string, text: string): InstalledElement {
  const start = text.indexOf("\nElement Properties:");
  if (start === -1) {
    throw new StreamSpaceError(
      "internal",
      `gst-inspect-1.0 says something of ${name} that is not understood`,
    );
  }
  const field = (label: string): string =>
    new RegExp(`^  ${label} +(\\S.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  return {
    name,
    version: field("Version"),
    file: field("Filename"),
    properties: parseProperties(text.slice(start + 1)),
  };
}

function parseProperties(text: string): Map<string, ElementProperty> {
  const properties = new Map<string, ElementProperty>();
  // A property begins two spaces in; what belongs to it is indented further.
  const pattern = /^ {2}([a-z][\w-]*) *: .*\n((?:(?: {6}.*)?\n)*)/gm;
  for (const [, name, body] of text.matchAll(pattern)) {
    if (name !== undefined) properties.set(name, parseProperty(body ?? ""));
  }
  return properties;
}

function parseProperty(body: string): ElementProperty {
  const isWritable = /^ *flags:.*\bwritable\b/m.test(body);
  const isLive = /^ *flags:.*\bPLAYING state/m.test(body);
  const range = /Range: +(-?[\d.e+]+) - +(-?[\d.e+]+)/.exec(body);
  if (range !== null) {
    const [, min, max] = range;
    return {
      kind: "number",
      isWritable,
      isLive,
      range: { min: Number(min), max: Number(max) },
    };
  }
  if (/^ *Boolean\b/m.test(body)) return { kind: "boolean", isWritable };
  if (/^ *(?:Enum|Flags) "/m.test(body)) {
    const words = body.matchAll(/^ *\((?:-?\d+|0x[\da-f]+)\): (\S+)/gm);
    return {
      kind: "choice",
      isWritable,
      choices: Array.from(words, ([, word]) => word ?? ""),
    };
  }
  return { kind: "other", isWritable };
}

/** Whether the element has the property, and the property takes the value. */
export function takes(
  element: InstalledElement,
  name: string,
  value: PropertyValue,
): boolean {
  const property = element.properties.get(name);
  if (property?.isWritable !== true) return false;
  switch (property.kind) {
    case "boolean":
      return typeof value === "boolean";
    case "number":
      return (
        typeof value === "number" &&
        property.range !== undefined &&
        value >= property.range.min &&
        value <= property.range.max
      );
    case "choice":
      return (
        typeof value === "string" && property.choices?.includes(value) === true
      );
    case "other":
      return typeof value === "string";
  }
}
