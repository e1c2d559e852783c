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
import { HttpServer } from "../../../agent/http/http-server.ts";
import { clientFile, vncOffHandler } from "../../../agent/http/vnc-routes.ts";
import { silentLog } from "../../fakes/logs.ts";

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

describe("where VNC is turned off", () => {
  it("everything below /vnc/ says so, and nothing else", async () => {
    const server = await HttpServer.listen({
      ...{ host: "127.0.0.1", port: 0, log: silentLog },
      handlers: [
        vncOffHandler,
        (_request, response) => {
          response.end("the page");
          return true;
        },
      ],
      onUpgrade: (_request, socket) => {
        socket.destroy();
      },
    });
    const get = async (path: string): Promise<[number, string]> => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return [answer.status, await answer.text()];
    };
    for (const path of ["/vnc", "/vnc/", "/vnc/kasm/index.html"])
      expect(await get(path)).toEqual([
        404,
        expect.stringContaining("VNC is turned off"),
      ]);
    expect(await get("/vnc/session")).toEqual([404, '{"error":"vnc-off"}\n']);
    for (const path of ["/", "/vncs"])
      expect(await get(path)).toEqual([200, "the page"]);
    await server.close();
  });
});
