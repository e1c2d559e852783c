/**
 * Routes of the VNC pages: who the visitor is, and KasmVNC's own web client.
 */
import { createReadStream, realpathSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { toStreamSpaceError } from "../base/errors.ts";
import { bearerToken } from "../../signaling/auth.ts";
import {
  vncSessionPath,
  type VncBackendName,
  type VncOff,
  type VncSession,
} from "../../signaling/protocol/vnc.ts";
import type { Role } from "../../signaling/protocol.ts";
import type { VncAccess } from "../../signaling/vnc/vnc-host.ts";
import type { VncTickets } from "../../signaling/vnc/vnc-tickets.ts";
import { sendJson, sendText, type RequestHandler } from "./http-server.ts";

/**
 * `GET /vnc/session`, with the token as a bearer token: which client shows the desktop. The answer sets a ticket as a
 * cookie for the pages beside it, since KasmVNC's client can show no token.
 */
export function vncSessionHandler(options: {
  access: VncAccess;
  tickets: VncTickets;
  /** The VNC server that would be used for a visitor of this role. */
  preferred: (role: Role) => VncBackendName | undefined;
}): RequestHandler {
  const { access, tickets, preferred } = options;
  return (request, response, path) => {
    return path === vncSessionPath && answer(request, response);
  };
  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const token = bearerToken(request.headers.authorization);
    const address = request.socket.remoteAddress ?? "unknown";
    let role: Role | undefined;
    try {
      role =
        token === undefined ? undefined : await access.roleOf(address, token);
    } catch (error) {
      if (toStreamSpaceError(error).code !== "too-many") throw error;
      response.setHeader("Retry-After", "1");
      sendText(response, 429, "Too many tokens wait to be looked at.");
      return;
    }
    if (role === undefined) {
      response.setHeader("WWW-Authenticate", "Bearer");
      sendText(response, 401, "The access token is missing or wrong.");
      return;
    }
    const backend = preferred(role);
    if (backend === undefined) {
      sendText(response, 503, "No VNC server works here.");
      return;
    }
    const isSecure = request.headers["x-forwarded-proto"] === "https";
    // Without a path of its own it is for the folder of this address, also below the path of a proxy.
    response.setHeader(
      "Set-Cookie",
      `${tickets.cookie}=${tickets.issue(role)}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`,
    );
    const session: VncSession = {
      client: backend === "kasmvnc" ? "kasmvnc" : "novnc",
      ...{ backend, role },
    };
    sendJson(response, 200, session);
  }
}

const offWords =
  "VNC is turned off in this session. Its main page, one folder up, shows the desktop.";

/** In place of all other routes below `/vnc/` where the settings have no VNC: says so, to people and to pages. */
export const vncOffHandler: RequestHandler = (_request, response, path) => {
  if (path !== "/vnc" && !path.startsWith("/vnc/")) return false;
  const answer: VncOff = { error: "vnc-off" };
  if (path === vncSessionPath) sendJson(response, 404, answer);
  else sendText(response, 404, offWords);
  return true;
};

const prefix = "/vnc/kasm/";
/** What a web client consists of; nothing else in that directory is anybody's business. */
const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".gif": "image/gif",
  ".ico": "image/x-icon",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
  ".mp3": "audio/mpeg",
  ".oga": "audio/ogg",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};
/** The client's pages have scripts and styles in them, and decoders in WebAssembly and workers. */
const policy =
  "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self' ws: wss:; img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; frame-ancestors 'self'; base-uri 'none'";

/** Serves KasmVNC's web client out of `directory` below `/vnc/kasm/`. */
export function kasmClientHandler(directory: string): RequestHandler {
  return (request, response, path) => {
    if (!path.startsWith(prefix)) return false;
    const file = clientFile(directory, path.slice(prefix.length));
    if (file === undefined) return false;
    response.writeHead(200, {
      "Content-Type": file.type,
      "Content-Length": file.bytes,
      "Cache-Control": "no-cache",
      "Content-Security-Policy": policy,
    });
    if (request.method === "HEAD") {
      response.end();
      return true;
    }
    createReadStream(file.path)
      .once("error", () => response.destroy())
      .pipe(response);
    return true;
  };
}

/**
 * The file that `path` means, `undefined` where it is none of the client's: hidden, of another type, or, by links and
 * dots, outside.
 */
export function clientFile(
  directory: string,
  path: string,
): { path: string; type: string; bytes: number } | undefined {
  let relative: string;
  try {
    relative = decodeURIComponent(path);
  } catch {
    return undefined; // No such address exists.
  }
  if (relative === "" || relative.endsWith("/")) relative += "index.html";
  const type = contentTypes[extname(relative).toLowerCase()];
  const parts = relative.split("/");
  const isOdd = parts.some((part) => part === "" || part.startsWith("."));
  if (type === undefined || isOdd || /[\0\\]/.test(relative)) return undefined;
  try {
    const root = realpathSync(directory);
    const real = realpathSync(join(root, ...parts));
    const facts = statSync(real);
    if (!real.startsWith(root + sep) || !facts.isFile()) return undefined;
    return { path: real, type, bytes: facts.size };
  } catch {
    return undefined; // It is not there.
  }
}
