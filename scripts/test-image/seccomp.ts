/**
 * The seccomp profile under which a browser's own sandbox works: an engine's default, and the four calls that
 * make a namespace of one's own and lock oneself in there. The kernel asks for the capability in that namespace, so
 * they give nothing outside of it.
 */
import * as v from "valibot";

const rule = v.looseObject({
  names: v.array(v.string()),
  action: v.string(),
});
const schema = v.looseObject({ syscalls: v.array(rule) });

const opened = ["clone", "clone3", "unshare", "chroot"];

/**
 * Opens `profile`, the text of a profile of podman or Docker, for browsers.
 * @throws Error where it is none.
 */
export function openForBrowsers(profile: string): string {
  const parsed = v.safeParse(schema, JSON.parse(profile) as unknown);
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
