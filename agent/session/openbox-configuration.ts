/**
 * How openbox is started: with the machine's own configuration, and one thing in it changed.
 *
 * A character that no key has is typed by a keycode that is lent to it, and each lending is a new map to every program.
 * openbox answers each with all its keys bound anew: 38 ms of a processor (measured, openbox 3.6.1), so that 60 Cyrillic
 * characters on a keyboard without them made it deaf for more than two seconds. Lent keycodes are never bound, so it need not.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { keepFile } from "../base/kept-file.ts";

const option = "rebindOnMappingNotify";
const file = join("openbox", "rc.xml");

/**
 * @param env what openbox gets: says where it looks for its configuration (XDG Base Directory Specification).
 * @param folder where a changed copy may be put. A user's own configuration is theirs, and stays as it is.
 */
export function openboxArguments(
  env: NodeJS.ProcessEnv,
  folder: string,
): string[] {
  const args = ["--sm-disable"];
  if (usersFolders(env).some((path) => existsSync(join(path, file))))
    return args;
  const original = systemFolders(env)
    .map((path) => join(path, file))
    .find((path) => existsSync(path));
  if (original === undefined) return args;
  try {
    const text = readFileSync(original, "utf8");
    if (text.includes(`<${option}>`)) return args;
    const copy = join(folder, "openbox.xml");
    keepFile(copy, withoutRebinding(text));
    return [...args, "--config-file", copy];
  } catch {
    return args; // A full disk, say: openbox is slower with its keys, and still there.
  }
}

function withoutRebinding(text: string): string {
  const line = `<${option}>no</${option}>`;
  return text.includes("<keyboard>")
    ? text.replace("<keyboard>", `<keyboard>${line}`)
    : text.replace(
        "</openbox_config>",
        `<keyboard>${line}</keyboard></openbox_config>`,
      );
}

function usersFolders(env: NodeJS.ProcessEnv): string[] {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  if (config !== undefined && config !== "") return [config];
  return home === undefined ? [] : [join(home, ".config")];
}

function systemFolders({ XDG_CONFIG_DIRS: folders }: NodeJS.ProcessEnv) {
  return (folders === undefined || folders === "" ? "/etc/xdg" : folders).split(
    ":",
  );
}
