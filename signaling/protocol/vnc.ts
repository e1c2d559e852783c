/**
 * VNC over a WebSocket: what is said before RFB begins. Everything after {@link vncWelcome} is RFB (RFC 6143) in binary
 * messages.
 */
import * as v from "valibot";

/** Paths that speak plain RFB, below the page's own folder. */
export const vncPaths = ["/websockify", "/vnc/websockify"] as const;
/** Path that speaks KasmVNC's dialect, for its own web client. */
export const kasmPath = "/vnc/kasm/websockify";
/** Where a page shows its token and learns which client it is to use; see PROTOCOL.md. */
export const vncSessionPath = "/vnc/session";

/** Offered by clients that show their token in a first message. */
export const vncSubprotocol = "streamspace.vnc.v1";
/** Offered by websockify's clients, whose token is in a header or a cookie. */
export const binarySubprotocol = "binary";

/** Close codes that `/ws` does not have (RFC 6455, section 7.4.2). */
export const vncCloseCodes = {
  /** No VNC server works here now. */
  unavailable: { code: 4504, retry: true },
  /** The VNC server has ended, and the session has not: the next is started for whoever comes back. */
  serverEnded: { code: 1012, retry: true },
} as const;

/** Bytes of the first message, and how long it is waited for. */
export const vncLimits = { helloBytes: 4_096, helloTimeoutMs: 5_000 } as const;

/** First message of a client, as text. */
export const vncHello = v.strictObject({
  type: v.literal("vnc-hello"),
  token: v.pipe(v.string(), v.maxLength(1_024)),
});
export type VncHello = v.InferOutput<typeof vncHello>;

export const vncBackends = ["kasmvnc", "tigervnc", "x11vnc"] as const;
export type VncBackendName = (typeof vncBackends)[number];

/** The agent's answer, as text, once the VNC server is there. */
export const vncWelcome = v.object({
  type: v.literal("vnc-welcome"),
  role: v.picklist(["controller", "viewer"]),
  backend: v.picklist(vncBackends),
});
export type VncWelcome = v.InferOutput<typeof vncWelcome>;

/** Which web client drives the session's VNC server. */
export const vncSession = v.object({
  client: v.picklist(["novnc", "kasmvnc"]),
  backend: v.picklist(vncBackends),
  role: v.picklist(["controller", "viewer"]),
});
export type VncSession = v.InferOutput<typeof vncSession>;

/** The answer where the settings have no VNC; a proxy without an agent behind it says something else. */
export const vncOff = v.object({ error: v.literal("vnc-off") });
export type VncOff = v.InferOutput<typeof vncOff>;
