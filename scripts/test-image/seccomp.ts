/**
 * The seccomp profile under which a browser's own sandbox works: an engine's default, and the four calls that
 * make a namespace of one's own and lock oneself in there. The kernel asks for the capability in that namespace, so
 * they give nothing outside of it.
 *
 * It needs Node alone, and no package, for `scripts/browser-seccomp.sh` in a fresh clone.
 */
import { readFileSync } from "node:fs";
import { messageOf } from "../../agent/base/errors.ts";

const opened = ["clone", "clone3", "unshare", "chroot"];

/** The text of the profile in `file`. @throws Error in one sentence, where an engine would not take it. */
export function readProfile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(
      `the seccomp profile ${file} cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const json = parse(text, file);
  // What an engine takes; both give a profile without rules a meaning.
  if (!isObject(json) || typeof json["defaultAction"] !== "string")
    throw new Error(`${file} is no seccomp profile`);
  return text;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // The engine quotes the text, line breaks and all.
    const why = messageOf(cause).replaceAll(/\s+/g, " ");
    throw new Error(`${file} is not JSON: ${why}`, { cause });
  }
}

/** A rule of a profile, as far as it is read here. */
interface Rule {
  names: string[];
  action: string;
}

/**
 * Opens `profile`, the text of a profile of podman or Docker, for browsers.
 * @param file the name of its file, for messages.
 * @throws Error one sentence, where it is none.
 */
export function openForBrowsers(profile: string, file: string): string {
  const json = parse(profile, file);
  if (!isProfile(json)) throw new Error(`${file} is no seccomp profile`);
  // Two rules that contradict each other leave it to the library which one holds.
  const others = json.syscalls
    .map((each) => ({
      ...each,
      names: each.names.filter((name) => !opened.includes(name)),
    }))
    .filter(({ names }) => names.length > 0);
  const rule = {
    names: opened,
    action: "SCMP_ACT_ALLOW",
    args: [],
    comment: "the sandbox of browsers",
    includes: {},
    excludes: {},
  };
  const result = { ...json, syscalls: [...others, rule] };
  return `${JSON.stringify(result, undefined, 2)}\n`;
}

function isProfile(json: unknown): json is { syscalls: Rule[] } {
  return (
    isObject(json) &&
    Array.isArray(json["syscalls"]) &&
    json["syscalls"].every(isRule)
  );
}

function isRule(json: unknown): json is Rule {
  return (
    isObject(json) &&
    typeof json["action"] === "string" &&
    Array.isArray(json["names"]) &&
    json["names"].every((name) => typeof name === "string")
  );
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null;
}
