/**
 * KasmVNC beside the session's display: an X server of its own, `Xkasmvnc`, and `kasmxproxy`, which copies the session's
 * display to it and its input back. Both run only while somebody looks: the copy damages the whole screen with each frame.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExitReason, OwnedChild } from "../../base/child-process.ts";
import { findProgram } from "../../base/programs.ts";
import { once } from "../../base/shutdown.ts";
import { cookieBytes, writeXauthority } from "../../base/xauthority.ts";
import { displayNumberOf } from "../display-number.ts";
import {
  kasmvncArguments,
  kasmvncProgram,
  type KasmvncRules,
} from "./kasmvnc-server.ts";
import { writeKasmvncYaml } from "./kasmvnc-yaml.ts";
import {
  freshSocketPath,
  proven,
  vncKillLadder,
  type RunningVnc,
  type VncBackend,
  type VncStart,
} from "./vnc-backend.ts";
import { watchVnc } from "./vnc-watch.ts";

const proxyProgram = "kasmxproxy";

/** The proxy's arguments. */
export function kasmxproxyArguments(
  source: string,
  kasm: string,
  frameRate: number,
): string[] {
  return ["-a", source, "-v", kasm, "-f", String(frameRate), "-r"];
}

/** KasmVNC with these rules for its clipboard. */
export function kasmvnc(rules: KasmvncRules): VncBackend {
  return {
    name: "kasmvnc",
    dialect: "kasm",
    find: () =>
      findProgram(proxyProgram) === undefined
        ? undefined
        : findProgram(kasmvncProgram),
    start: (start) => startKasmvnc(rules, start),
  };
}

async function startKasmvnc(
  rules: KasmvncRules,
  start: VncStart,
): Promise<RunningVnc> {
  const { spawner, frameRate, context, directory } = start;
  const socket = freshSocketPath(directory, "kasmvnc");
  const xauthority = join(directory, "Xauthority");
  const cookie = randomBytes(cookieBytes);
  const env = { ...start.env, HOME: directory };
  const { width, height } = start.screen;
  writeKasmvncYaml(directory, {
    ...{ width, height, frameRate, socket, ...rules, allowResize: true },
  });
  await writeXauthority({ path: xauthority, displayNumber: 0, cookie });
  await using started = new AsyncDisposableStack();
  const server = started.use(
    await spawner.spawn({
      ...{ name: kasmvncProgram, file: kasmvncProgram, env, cwd: directory },
      args: kasmvncArguments({
        ...{ width, height, frameRate, socket, xauthority, rules },
      }),
      extraPipes: 1,
      parentDeathSignal: "SIGTERM", // It removes its lock file and socket.
      killLadder: vncKillLadder,
    }),
  );
  const displayNumber = await displayNumberOf(server, context.signal);
  await proven(server, socket, context.signal);
  // The proxy is a client of both servers.
  await writeXauthority({ path: xauthority, displayNumber, cookie });
  const both = join(directory, "Xauthority.both");
  await joinAuthorities(both, [xauthority, start.env["XAUTHORITY"]]);
  const proxy = started.use(
    await spawner.spawn({
      ...{ name: proxyProgram, file: proxyProgram, cwd: directory },
      env: { ...env, XAUTHORITY: both },
      args: kasmxproxyArguments(start.display, `:${displayNumber}`, frameRate),
      killLadder: vncKillLadder,
    }),
  );
  void watchVnc(server, socket);
  const owned = started.move();
  const close = once(() => owned.disposeAsync());
  return {
    ...{ backend: "kasmvnc", socket, close },
    exited: firstExit([server, proxy], close),
    lastLines: () => [...server.lastLines(), ...proxy.lastLines()],
  };
}

/** Either of them is useless without the other. */
async function firstExit(
  children: readonly OwnedChild[],
  close: () => Promise<void>,
): Promise<ExitReason> {
  const reason = await Promise.race(children.map(({ exited }) => exited));
  await close();
  return reason;
}

/** Records of an Xauthority file simply follow each other. */
async function joinAuthorities(
  path: string,
  sources: readonly (string | undefined)[],
): Promise<void> {
  const contents = await Promise.all(
    sources
      .filter((source) => source !== undefined)
      // A display may well let local users in without any.
      .map((source) => readFile(source).catch(() => Buffer.alloc(0))),
  );
  writeFileSync(path, Buffer.concat(contents), { mode: 0o600 });
}
