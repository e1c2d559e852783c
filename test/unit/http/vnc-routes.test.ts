import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientFile } from "../../../agent/http/vnc-routes.ts";

let folder: string;
let www: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-kasm-"));
  www = join(folder, "www");
  mkdirSync(join(www, "assets"), { recursive: true });
  mkdirSync(join(folder, "www-other"));
  const files = [
    ...["index.html", "assets/ui.js", ".secret.js", "notes.conf", "a b.css"],
    ...["../outside.js", "../www-other/near.js"],
  ];
  for (const file of files) writeFileSync(join(www, file), "x");
  symlinkSync(join(folder, "outside.js"), join(www, "link.js"));
  symlinkSync(join(www, "assets", "ui.js"), join(www, "inside.js"));
  symlinkSync("/etc", join(www, "etc"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("of KasmVNC's client", () => {
  it.each([
    ["", "text/html; charset=utf-8"],
    ["index.html", "text/html; charset=utf-8"],
    ["assets/ui.js", "text/javascript; charset=utf-8"],
    ["a%20b.css", "text/css; charset=utf-8"],
    ["inside.js", "text/javascript; charset=utf-8"],
  ])("%j is served", (path, type) => {
    expect(clientFile(www, path)).toMatchObject({ type, bytes: 1 });
  });

  it.each([
    ...["../outside.js", "..%2foutside.js", "%2e%2e/outside.js"],
    ...["assets/../../outside.js", "../www-other/near.js", "link.js"],
    ...[".secret.js", "notes.conf", "missing.js", "assets", "assets/"],
    ...["/etc/passwd", "etc/passwd", "etc/x.js", "a\0.js", "a%00.js", "%ff.js"],
    ...["assets//ui.js", "assets\\ui.js", "assets%5cui.js", "websockify"],
  ])("%j is not", (path) => {
    expect(clientFile(www, path)).toBeUndefined();
  });

  it("is nothing where it is not installed", () => {
    expect(clientFile(join(folder, "nowhere"), "index.html")).toBeUndefined();
  });
});
