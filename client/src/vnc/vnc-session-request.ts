/**
 * Asks the agent which client shows the desktop by VNC, and for the cookie that KasmVNC's client comes in with.
 */
import * as v from "valibot";
import {
  vncOff,
  vncSession,
  type VncSession,
} from "../../../signaling/protocol/vnc.ts";

/** What came of it. */
export type VncSessionAnswer =
  | { kind: "session"; session: VncSession }
  | { kind: "unauthorized" }
  | { kind: "unavailable" }
  /** The settings of the session have no VNC. */
  | { kind: "off" }
  | { kind: "network" };

const timeoutMs = 10_000;

/** @param pageUrl address of the VNC page, `…/vnc/`. */
export async function requestVncSession(
  pageUrl: string,
  token: string,
): Promise<VncSessionAnswer> {
  try {
    const response = await fetch(new URL("session", pageUrl), {
      headers: { Authorization: `Bearer ${token}` },
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 401) return { kind: "unauthorized" };
    if (response.status === 503) return { kind: "unavailable" };
    const answer: unknown = await response.json();
    if (v.is(vncOff, answer)) return { kind: "off" };
    const session = v.safeParse(vncSession, answer);
    return session.success
      ? { kind: "session", session: session.output }
      : { kind: "network" };
  } catch {
    return { kind: "network" }; // Unreachable, too late, or no JSON: the same to the user.
  }
}

/**
 * Address of KasmVNC's own client, below the VNC page. It joins its `path` to the host, so that a proxy's folder has to
 * be part of it. Pure.
 */
export function kasmClientUrl(pageUrl: string): string {
  const url = new URL("kasm/index.html", pageUrl);
  const socket = new URL("kasm/websockify", pageUrl);
  url.hash = "";
  url.search = new URLSearchParams({
    path: socket.pathname.slice(1),
    autoconnect: "true",
    reconnect: "true",
    resize: "remote",
  }).toString();
  return url.href;
}
