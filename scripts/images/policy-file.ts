/**
 * Reads `images/policy.yaml`: the part of YAML that such a file needs, that is comments, `key: value`, one
 * level of `key:` with indented `key: value` or `- value` below. Anything else is refused with its line, so
 * that nothing is understood otherwise than it was meant. Rejected: a YAML package, for twelve lines of settings.
 */
import * as v from "valibot";
import { BuildFailure } from "./failure.ts";
import { noSuchImage } from "./plan.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const policySchema = v.strictObject({
  vulnerabilities: v.strictObject({
    /** Most that are allowed of those that have a fix. */
    critical: count,
    high: count,
    /** Whether a build fails where no scanner or no data can be had. */
    whenUnavailable: v.picklist(["report", "fail"]),
  }),
  /** References an image may be built on; `*` stands for any letters. */
  bases: v.array(v.string()),
  /** Most uncompressed megabytes (10⁶ bytes) of an image, by name; `default` for the others. */
  size: v.pipe(
    v.record(v.string(), v.pipe(v.number(), v.minValue(0))),
    v.check((sizes) => sizes["default"] !== undefined, "default is missing"),
  ),
  /** Whether an image that is pushed must be signed. */
  signing: v.picklist(["required", "optional"]),
});

/** What images must keep to. */
export type Policy = v.InferOutput<typeof policySchema>;

type Scalar = string | number | boolean;
type Section = Record<string, Scalar> | Scalar[];

/** @throws BuildFailure `usage` with the line, or the setting, that is wrong. */
export function parsePolicy(text: string, file: string): Policy {
  const result = v.safeParse(policySchema, parseYamlSubset(text, file));
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? "the file";
  throw new BuildFailure("usage", `${file}: ${where}: ${issue.message}`);
}

/**
 * Refuses limits of images that there are not, which would limit nothing.
 * @throws BuildFailure `usage`
 */
export function checkNames(
  { size }: Policy,
  names: readonly string[],
  file: string,
): void {
  for (const name of Object.keys(size)) {
    if (name === "default" || names.includes(name)) continue;
    const why = noSuchImage(name, names);
    throw new BuildFailure("usage", `${file}: size: ${why}`);
  }
}

function parseYamlSubset(text: string, file: string) {
  const root: Record<string, Scalar | Section> = {};
  let open: string | undefined;
  let depth: string | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const bare = line.replace(/(^|\s)#.*$/, "").trimEnd();
    if (bare === "") continue;
    const fail = (why: string): never => {
      throw new BuildFailure("usage", `${file}, line ${index + 1}: ${why}`);
    };
    const match = /^( *)(?:- (.+)|([\w-]+):(?: +(.+))?)$/.exec(bare);
    if (match === null)
      return fail("this is neither `key: value` nor `- value`");
    const [, indent = "", item, key = "", value] = match;
    if (indent !== "" && indent !== (depth ??= indent))
      return fail("this is deeper, or less deep, than what is above it");
    if (indent === "") {
      depth = undefined;
      if (item !== undefined) return fail("a list needs a key above it");
      if (Object.hasOwn(root, key)) return fail(`${key} is there twice`);
      if (value !== undefined) root[key] = scalar(value);
      open = value === undefined ? key : undefined;
      continue;
    }
    if (open === undefined) return fail("this belongs to no key");
    const section = (root[open] ??= item === undefined ? {} : []);
    if (typeof section !== "object") return fail(`${open} has a value already`);
    if (Array.isArray(section)) {
      if (item === undefined) return fail(`${open} is a list`);
      section.push(scalar(item));
    } else {
      if (item !== undefined) return fail(`${open} is no list`);
      if (value === undefined) return fail(`${key} has no value`);
      if (Object.hasOwn(section, key)) return fail(`${key} is there twice`);
      section[key] = scalar(value);
    }
  }
  return root;
}

function scalar(text: string): Scalar {
  const quoted = /^"([^"\\]*)"$|^'([^']*)'$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? "";
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  return text;
}
