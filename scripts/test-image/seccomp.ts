/**
 * The seccomp profile under which a browser's own sandbox works: an engine's default, and the four calls that
 * make a namespace of one's own and lock oneself in there. The kernel asks for the capability in that namespace, so
 * they give nothing outside of it.
 */
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { messageOf } from "../../agent/base/errors.ts";

const rule = v.looseObject({
  names: v.array(v.string()),
  action: v.string(),
});
const schema = v.looseObject({ syscalls: v.array(rule) });

/** What an engine takes; both give a profile without rules a meaning. */
const anyProfile = v.looseObject({ defaultAction: v.string() });

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
  if (!v.is(anyProfile, parseJson(text)))
    throw new Error(`${file} is no seccomp profile`);
  return text;
}

/** `undefined` where `text` is not JSON, which no schema takes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Opens `profile`, the text of a profile of podman or Docker, for browsers.
 * @throws Error where it is none.
 */
export function openForBrowsers(profile: string): string {
  const parsed = v.safeParse(schema, parseJson(profile));
  if (!parsed.success) throw new Error("this is no seccomp profile");
  // Two rules that contradict each other leave it to the library which one holds.
  const others = parsed.output.syscalls
    .map((each) => ({
      ...each,
      names: each.names.filter((name) => !opened.includes(name)),
    }))
    .filter(({ names }) => names.length > 0);
  return `${JSON.stringify(
    {
      ...parsed.output,
      syscalls: [
        ...others,
        {
          names: opened,
          action: "SCMP_ACT_ALLOW",
          args: [],
          comment: "the sandbox of browsers",
          includes: {},
          excludes: {},
        },
      ],
    },
    undefined,
    2,
  )}\n`;
}
