/**
 * KasmVNC: an X server of its own, `Xkasmvnc`, and `kasmxproxy`, which copies the session's display to it and its input
 * back. Both run only while somebody looks: the copy damages the whole screen with each frame.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  describeExit,
  type ExitReason,
  type OwnedChild,
} from "../../base/child-process.ts";
import { withDeadline } from "../../base/deadline.ts";
import { StreamSpaceError } from "../../base/errors.ts";
import { LineDecoder } from "../../base/line-decoder.ts";
import { findProgram } from "../../base/programs.ts";
import { once } from "../../base/shutdown.ts";
import { cookieBytes, writeXauthority } from "../../base/xauthority.ts";
import { kasmvncYaml } from "./kasmvnc-yaml.ts";
import {
  freshSocketPath,
  proven,
  vncKillLadder,
  type RunningVnc,
  type VncBackend,
  type VncStart,
} from "./vnc-backend.ts";
import { watchVnc } from "./vnc-watch.ts";

/** Packages install the server as either; TigerVNC's is called `Xvnc` too, so that name is no sign of KasmVNC. */
const serverProgram = "Xkasmvnc";
const proxyProgram = "kasmxproxy";
const displayTimeoutMs = 5_000;

/** The directions in which KasmVNC may carry the clipboard. */
export interface KasmvncRules {
  clipboardIn: boolean;
  clipboardOut: boolean;
}

/** The server's arguments: a Unix socket, with which it opens no port and asks no STUN server. */
export function kasmvncArguments(options: {
  width: number;
  height: number;
  frameRate: number;
  socket: string;
  xauthority: string;
  rules: KasmvncRules;
}): string[] {
  const { width, height, frameRate, socket, xauthority, rules } = options;
  return [
    ...["-displayfd", "3", "-geometry", `${width}x${height}`, "-depth", "24"],
    ...["-nolisten", "tcp", "-auth", xauthority, "-PublicIP", "127.0.0.1"],
    ...["-rfbunixpath", socket, "-rfbunixmode", "0600"],
    ...["-SecurityTypes", "None", "-DisableBasicAuth", "-AlwaysShared"],
    ...["-FrameRate", String(frameRate)],
    ...(rules.clipboardIn ? [] : ["-AcceptCutText=0"]),
    ...(rules.clipboardOut ? [] : ["-SendCutText=0"]),
  ];
}

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
        : findProgram(serverProgram),
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
  writeYaml(directory, { width, height, frameRate, socket, ...rules });
  await writeXauthority({ path: xauthority, displayNumber: 0, cookie });
  await using started = new AsyncDisposableStack();
  const server = started.use(
    await spawner.spawn({
      ...{ name: serverProgram, file: serverProgram, env, cwd: directory },
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

function writeYaml(
  directory: string,
  settings: Parameters<typeof kasmvncYaml>[0],
): void {
  const folder = join(directory, ".vnc");
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, "kasmvnc.yaml"), kasmvncYaml(settings), {
    mode: 0o600,
  });
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

async function displayNumberOf(
  server: OwnedChild,
  signal: AbortSignal,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const lines = new LineDecoder(resolve);
  server.pipe(3).on("data", (chunk: Buffer) => {
    lines.write(chunk);
  });
  const ended = server.exited.then((reason): never => {
    const words = server.lastLines().at(-1) ?? "it said nothing";
    throw new StreamSpaceError(
      "child-exited",
      `${server.name} ${describeExit(reason)}: ${words}`,
    );
  });
  const text = await withDeadline(Promise.race([promise, ended]), {
    ...{ timeoutMs: displayTimeoutMs, signal },
    what: `the display of ${server.name}`,
  });
  const displayNumber = Number(text.trim());
  if (Number.isInteger(displayNumber) && displayNumber >= 0)
    return displayNumber;
  throw new StreamSpaceError(
    "bad-message",
    `${server.name} named no display on its pipe`,
  );
}
