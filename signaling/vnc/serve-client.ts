/**
 * One VNC client, whatever it came by: its handshake, a VNC server for it, and RFB between the two.
 */
import type { Duplex } from "node:stream";
import type { VncBackendName } from "../protocol/vnc.ts";
import type { Role } from "../protocol.ts";
import { greetedServer } from "./greeted-server.ts";
import { carryRfb, type BridgeEnd } from "./rfb-bridge.ts";
import { RfbFilter } from "./rfb-filter.ts";
import { greetClient, type ClientProof } from "./rfb-handshake.ts";
import { RfbInput } from "./rfb-input.ts";
import type { RfbDialect } from "./rfb-rules.ts";
import type { VncConnection, VncHost } from "./vnc-host.ts";

/** A client that says nothing for so long during its handshake is none. */
const handshakeTimeoutMs = 10_000;

/**
 * Serves a client until it, the server or `signal` ends.
 * @throws StreamSpaceError `unauthorized`, `bad-message`, `closed`, `timeout`, `aborted`, `vnc-unavailable`.
 */
export async function serveClient(options: {
  client: Duplex;
  host: VncHost;
  dialect: RfbDialect;
  role: Role;
  proof: ClientProof;
  signal: AbortSignal;
  /** Input that had no effect; the client stays. */
  onTrouble: (reason: string) => void;
  /** The VNC server is there; RFB begins. */
  onBackend?: (backend: VncBackendName) => void;
}): Promise<BridgeEnd> {
  const { client, host, dialect, role, proof, signal } = options;
  const left = new AbortController();
  const onLeft = (): void => {
    left.abort();
  };
  client.once("close", onLeft);
  const bounds = { timeoutMs: handshakeTimeoutMs, signal };
  const connect = (tooLate: AbortSignal): Promise<VncConnection> =>
    host.connect(dialect, AbortSignal.any([signal, left.signal, tooLate]));
  // Whoever has to prove himself does so before anything is started for him.
  if (proof.kind === "password") await greetClient(client, proof, bounds);
  const connection = await greetedServer(connect, bounds);
  const input = new RfbInput(host.openSeat(), options.onTrouble);
  const leave = host.visit(role);
  try {
    options.onBackend?.(connection.backend);
    if (proof.kind === "none") await greetClient(client, proof, bounds);
    return await carryRfb({
      ...{ client, signal, server: connection.stream },
      filter: new RfbFilter({
        dialect,
        rights: () => host.rights(role),
        requests: {
          ...host.requests,
          onKey: (keysym, keycode, pressed) => {
            input.key(keysym, keycode, pressed);
          },
          onPointer: (mask, x, y) => {
            input.pointer(mask, x, y);
          },
          onInputEnd: () => {
            input.releaseAll();
          },
        },
      }),
    });
  } finally {
    input.close();
    leave();
    client.off("close", onLeft);
    connection.stream.destroy();
    connection.release();
  }
}
