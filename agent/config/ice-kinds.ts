/**
 * Kinds of values for ICE: servers and the range of ports.
 */
import type { IceServer } from "../../signaling/protocol.ts";
import type { ReadValue, ValueKind } from "./setting.ts";
import { parseJson, splitList } from "./value-kinds.ts";

/** An inclusive range of UDP ports. */
export interface PortRange {
  readonly min: number;
  readonly max: number;
}

const smallestRange = 10;
const firstUnprivilegedPort = 1024;

/** A range of ports, `min-max`; each viewer needs a few of them at once. */
export const portRange: ValueKind<PortRange> = {
  placeholder: "min-max",
  allowed: `two ports from ${firstUnprivilegedPort} to 65535 as \`min-max\`, spanning at least ${smallestRange} ports`,
  read(text) {
    const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
    if (match === null) return { ok: false };
    const min = Number(match[1]);
    const max = Number(match[2]);
    const fits =
      min >= firstUnprivilegedPort &&
      max <= 65_535 &&
      max - min + 1 >= smallestRange;
    return fits ? { ok: true, value: { min, max } } : { ok: false };
  },
};

// RFC 7064 (stun) and RFC 7065 (turn): scheme, host, optional port, optional transport.
const iceUrl =
  /^(stun|stuns|turn|turns):([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?(\?transport=(udp|tcp))?$/i;

/** STUN and TURN servers, as the array of `RTCIceServer` that browsers take or as a list of URLs. */
export const iceServerList: ValueKind<readonly IceServer[]> = {
  placeholder: "servers",
  allowed:
    'a comma-separated list of `stun:` URLs, or a JSON array such as `[{"urls":"turn:turn.example.org:3478","username":"…","credential":"…"}]`',
  read(text) {
    const entries = text.startsWith("[")
      ? parseJson(text)
      : splitList(text).map((url) => ({ urls: url }));
    if (!Array.isArray(entries)) return refuse("it is not valid JSON");
    const servers: IceServer[] = [];
    for (const [index, entry] of entries.entries()) {
      const read = readServer(entry);
      if (typeof read === "string") {
        return refuse(`entry ${index + 1}: ${read}`);
      }
      servers.push(read);
    }
    return { ok: true, value: servers };
  },
};

/** Whether one of `servers` relays. */
export function hasTurnServer(servers: readonly IceServer[]): boolean {
  return servers.some((server) =>
    [server.urls].flat().some((url) => /^turns?:/i.test(url)),
  );
}

function refuse(reason: string): ReadValue<never> {
  return { ok: false, reason };
}

/** The server, or what is wrong with it; the sentence repeats no value, for it may be a credential. */
function readServer(entry: unknown): IceServer | string {
  if (typeof entry !== "object" || entry === null) return "it is not an object";
  const fields = entry as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find(
    (name) => !["urls", "username", "credential"].includes(name),
  );
  if (unknown !== undefined) {
    return "it has a field other than urls, username and credential";
  }
  const urls: unknown[] = [fields["urls"]].flat();
  if (urls.length === 0 || !urls.every(isIceUrl)) {
    return "urls must be one or more of stun:host:port, turn:host:port and turns:host:port, with ?transport=udp or ?transport=tcp where wanted";
  }
  const { username, credential } = fields;
  if (!isOptionalText(username) || !isOptionalText(credential)) {
    return "username and credential must be text";
  }
  const server: IceServer = {
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  };
  // Browsers throw away the whole connection over a TURN server without them.
  const isIncomplete = username === undefined || credential === undefined;
  return hasTurnServer([server]) && isIncomplete
    ? "a TURN server needs username and credential; give them in the JSON form"
    : server;
}

function isIceUrl(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const match = iceUrl.exec(value);
  if (match === null) return false;
  const port = match[3];
  return port === undefined || Number(port.slice(1)) <= 65_535;
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}
