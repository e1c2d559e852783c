/**
 * What the entry point of the images does with the home, run outside of a container and as an ordinary user.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const entryPoint = join(
  import.meta.dirname,
  "../../../images/runtime/streamspace-session",
);
/** Root may write everywhere. */
const asNobody =
  process.getuid?.() === 0
    ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    : [];

let folder: string;
let home: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "session-home-test-"));
  chmodSync(folder, 0o755);
  home = join(folder, "home");
  mkdirSync(home);
  mkdirSync(join(folder, "session/home/.config"), { recursive: true });
  writeFileSync(join(folder, "session/home/.config/settings"), "default");
  // The image has both at fixed places.
  const script = readFileSync(entryPoint, "utf8").replace(
    "definition=/etc/streamspace/session",
    `definition=${folder}/session`,
  );
  writeFileSync(join(folder, "entry-point"), script, { mode: 0o755 });
  const agent = '#!/bin/sh\nprintf "%s\\n%s\\n" "$HOME" "$PWD"\n';
  writeFileSync(join(folder, "streamspace-agent"), agent, { mode: 0o755 });
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Where the agent finds itself. */
function start(): { home: string; directory: string } {
  const [program, ...args] = [...asNobody, join(folder, "entry-point")];
  const text = execFileSync(program, args, {
    timeout: 20_000,
    cwd: folder,
    encoding: "utf8",
    env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [found = "", directory = ""] = text.split("\n");
  return { home: found, directory };
}

it("puts the defaults into a home, beside what is there", () => {
  mkdirSync(join(home, ".config"));
  writeFileSync(join(home, ".config/other"), "");
  chmodSync(join(home, ".config"), 0o777);
  chmodSync(home, 0o777);
  expect(start().home).toBe(home);
  expect(readFileSync(join(home, ".config/settings"), "utf8")).toBe("default");
});

it("leaves what a user has changed", () => {
  mkdirSync(join(home, ".config"));
  writeFileSync(join(home, ".config/settings"), "changed");
  chmodSync(home, 0o777);
  start();
  expect(readFileSync(join(home, ".config/settings"), "utf8")).toBe("changed");
});

it("puts them into the home in /tmp as well, where the own one cannot be written", () => {
  chmodSync(home, 0o555);
  const started = start();
  try {
    expect(started.home).toMatch(/^\/tmp\/home\./);
    expect(started.directory).toBe(started.home);
    const settings = join(started.home, ".config/settings");
    expect(readFileSync(settings, "utf8")).toBe("default");
    expect(existsSync(join(home, ".config"))).toBe(false);
  } finally {
    rmSync(started.home, { recursive: true, force: true });
  }
});
