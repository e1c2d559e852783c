/**
 * The script that writes the credentials of the compose file, in a folder of its own.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const script = join(import.meta.dirname, "../../../deploy/compose/prepare.sh");
const address = "192.0.2.10";
const image = "localhost/streamspace/desktop:dev";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prepare-test-"));
  copyFileSync(script, join(folder, "prepare.sh"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function prepare(...args: string[]): { exitCode: number | null; said: string } {
  const run = spawnSync(join(folder, "prepare.sh"), args, {
    encoding: "utf8",
    timeout: 20_000,
  });
  return { exitCode: run.status, said: run.stderr };
}

/** The text of each file that was written. */
function written(): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name !== "prepare.sh");
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

function read(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function remove(name: string): void {
  rmSync(join(folder, name));
}

function setting(file: string, name: string): string | undefined {
  return new RegExp(`^${name}=(.*)$`, "m").exec(read(file))?.[1];
}

function servers(): unknown {
  return JSON.parse(
    setting("session.env", "STREAMSPACE_ICE_SERVERS") ?? "",
  ) as unknown;
}

it("writes credentials for this user alone, and a token that the session reads", () => {
  expect(prepare(address, image)).toEqual({ exitCode: 0, said: "" });
  const credential = setting("turn.env", "TURN_CREDENTIAL");
  expect(credential).toMatch(/^[0-9a-f]{48}$/);
  expect(read("token")).toMatch(/^[0-9a-f]{48}$/);
  expect(servers()).toEqual([
    { urls: `turn:${address}:3478`, username: "streamspace", credential },
  ]);
  for (const file of [".env", "turn.env"])
    expect(setting(file, "PUBLIC_ADDRESS")).toBe(address);
  expect(setting(".env", "STREAMSPACE_IMAGE")).toBe(image);
  const modes = Object.keys(written()).map((name) => [
    name,
    statSync(join(folder, name)).mode & 0o777,
  ]);
  expect(Object.fromEntries(modes)).toEqual({
    ".env": 0o600,
    "session.env": 0o600,
    "turn.env": 0o600,
    token: 0o644,
  });
});

it("puts an IPv6 address into brackets where a port follows", () => {
  expect(prepare("2001:db8::10", image)).toEqual({
    exitCode: 0,
    said: "note: the network of compose.yaml has IPv4 only, so no media gets to 2001:db8::10\n",
  });
  expect(servers()).toMatchObject([{ urls: "turn:[2001:db8::10]:3478" }]);
  expect(setting("turn.env", "PUBLIC_ADDRESS")).toBe("2001:db8::10");
  remove("turn.env");
  expect(prepare("2001:db8::10", image).exitCode).toBe(0);
});

describe("where something is there already", () => {
  it("changes nothing", () => {
    prepare(address, image);
    const before = written();
    const { exitCode, said } = prepare(address, image);
    expect(exitCode).toBe(0);
    for (const name of Object.keys(before))
      expect(said).toContain(`${name} is there already\n`);
    expect(written()).toEqual(before);
  });

  it.each([".env", "session.env", "turn.env"])(
    "writes %s again as it was",
    (name) => {
      prepare(address, image);
      const before = written();
      remove(name);
      expect(prepare(address, image).exitCode).toBe(0);
      expect(written()).toEqual(before);
    },
  );

  it("takes the credential from a session.env that was extended, and keeps that", () => {
    const other = '{"urls":"turn:turn.example.org","credential":"other"}';
    const own = `{"credential": "chosen", "urls": ["turn:${address}:3478?transport=tcp"], "username": "me"}`;
    const text = `STREAMSPACE_ICE_SERVERS='[${other}, ${own}]'\nSTREAMSPACE_FILES=both\n`;
    write("session.env", text);
    expect(prepare(address, image).exitCode).toBe(0);
    expect(read("session.env")).toBe(text);
    expect(read("turn.env")).toBe(
      `PUBLIC_ADDRESS=${address}\nTURN_USERNAME=me\nTURN_CREDENTIAL=chosen\n`,
    );
  });

  it("takes no credential from a session.env of another TURN server", () => {
    const text = `STREAMSPACE_ICE_SERVERS=[{"urls":"turn:${address}0:3478","username":"a","credential":"b"}]\n`;
    write("session.env", text);
    const { exitCode, said } = prepare(address, image);
    expect(exitCode).toBe(78);
    expect(said).toContain(`session.env has no server turn:${address}:3478;`);
    expect(written()).toEqual({ "session.env": text });
  });

  it.each([
    [".env", ".env has PUBLIC_ADDRESS=192.0.2.10, not 192.0.2.11"],
    ["turn.env", "turn.env has PUBLIC_ADDRESS=192.0.2.10, not 192.0.2.11"],
    ["session.env", "session.env has no server turn:192.0.2.11:3478"],
  ])("refuses another address where only %s is left", (name, words) => {
    prepare(address, image);
    for (const each of Object.keys(written())) if (each !== name) remove(each);
    const before = written();
    const { exitCode, said } = prepare("192.0.2.11", image);
    expect(exitCode).toBe(78);
    expect(said).toBe(
      `error: ${words}; to move to another, change PUBLIC_ADDRESS in .env and turn.env and the URL in session.env, or remove the three to have new ones\n`,
    );
    expect(written()).toEqual(before);
  });

  it("takes one of several addresses of media", () => {
    write(
      ".env",
      `STREAMSPACE_IMAGE=${image}\nPUBLIC_ADDRESS="10.0.0.5, ${address}"\n`,
    );
    expect(prepare(address, image).exitCode).toBe(0);
    expect(setting("turn.env", "PUBLIC_ADDRESS")).toBe(address);
    expect(prepare("10.0.0.50", image).exitCode).toBe(78);
  });

  it("refuses another image", () => {
    prepare(address, image);
    const before = written();
    const { exitCode, said } = prepare(address, "localhost/other:dev");
    expect(exitCode).toBe(78);
    expect(said).toBe(
      `error: .env has STREAMSPACE_IMAGE=${image}, not localhost/other:dev; change it there\n`,
    );
    expect(written()).toEqual(before);
  });

  it("leaves a token's permissions alone", () => {
    writeFileSync(join(folder, "token"), "mine", { mode: 0o600 });
    expect(prepare(address, image).exitCode).toBe(0);
    expect(read("token")).toBe("mine");
    expect(statSync(join(folder, "token")).mode & 0o777).toBe(0o600);
  });
});

describe("an address", () => {
  it.each([
    "203.0.113.255",
    "10.0.0.1",
    "::1",
    "fd00::",
    "1:2:3:4:5:6:7::",
    "2001:DB8:0:0:0:0:0:1",
  ])("is %s", (text) => {
    expect(prepare(text, image).exitCode).toBe(0);
    expect(setting(".env", "PUBLIC_ADDRESS")).toBe(text);
  });

  it.each([
    "...",
    "cafe",
    "host.example.org",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "1.2.3.04",
    "0.0.0.0",
    "192.0.2.10:3478",
    "[::1]",
    ":",
    "::",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2:3:4:5:6:7:8",
    "12345::",
    "192.0.2.10\n",
  ])("is not %j", (text) => {
    expect(prepare(text, image)).toEqual({
      exitCode: 78,
      said: `error: ${text} is no address; a name does not do, for media goes to addresses\n`,
    });
    expect(written()).toEqual({});
  });
});
