/**
 * Which configuration openbox is started with.
 */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openboxArguments } from "../../../agent/session/openbox-configuration.ts";

const rebinding = "<rebindOnMappingNotify>no</rebindOnMappingNotify>";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openbox-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(place: string, text: string): void {
  mkdirSync(join(folder, place, "openbox"), { recursive: true });
  writeFileSync(join(folder, place, "openbox", "rc.xml"), text);
}

function args(env: NodeJS.ProcessEnv = {}): string[] {
  return openboxArguments(
    {
      HOME: join(folder, "home"),
      XDG_CONFIG_DIRS: `${join(folder, "first")}:${join(folder, "second")}`,
      ...env,
    },
    folder,
  );
}

test("a copy of the machine's own, in which a new map does not bind the keys anew", () => {
  write("second", "<openbox_config><keyboard><a/></keyboard></openbox_config>");
  const copy = join(folder, "openbox.xml");
  expect(args()).toEqual(["--sm-disable", "--config-file", copy]);
  expect(readFileSync(copy, "utf8")).toBe(
    `<openbox_config><keyboard>${rebinding}<a/></keyboard></openbox_config>`,
  );
});

test("one without keys gets them", () => {
  write("first", "<openbox_config></openbox_config>");
  args();
  expect(readFileSync(join(folder, "openbox.xml"), "utf8")).toBe(
    `<openbox_config><keyboard>${rebinding}</keyboard></openbox_config>`,
  );
});

test.each([
  ["a user's own", "home/.config", {}],
  ["a user's own elsewhere", "mine", { XDG_CONFIG_HOME: "mine" }],
])("%s stays as it is", (_, place, env) => {
  write("first", "<openbox_config></openbox_config>");
  write(place, "<openbox_config></openbox_config>");
  const inFolder = Object.fromEntries(
    Object.entries(env).map(([name, path]) => [name, join(folder, path)]),
  );
  expect(args(inFolder)).toEqual(["--sm-disable"]);
});

test("one that says it itself stays as it is", () => {
  write(
    "first",
    "<openbox_config><keyboard><rebindOnMappingNotify>yes</rebindOnMappingNotify></keyboard></openbox_config>",
  );
  expect(args()).toEqual(["--sm-disable"]);
});

test("none at all, and one that cannot be written, are openbox's own business", () => {
  expect(args()).toEqual(["--sm-disable"]);
  write("first", "<openbox_config></openbox_config>");
  expect(
    openboxArguments(
      { XDG_CONFIG_DIRS: join(folder, "first") },
      join(folder, "missing"),
    ),
  ).toEqual(["--sm-disable"]);
});
