/**
 * Habits of werift 0.25 that do not suit this product, put right from outside. They reach into what
 * the library keeps to itself: look here at each upgrade.
 */
import { createSecretKey } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:dgram";
import type { IceSettings } from "./peer.ts";

/** A class of werift whose `init` binds a UDP socket. */
interface BindingTransport {
  socket: Socket;
  init(): Promise<void>;
}

/**
 * werift waits for a socket to listen and for nothing else: where none can be bound (no descriptors left), the error has no
 * listener and ends the process. Here it is the gathering that fails; what goes wrong later with a socket is told by its
 * silence.
 */
export function withBindErrors(transport: {
  readonly prototype: object;
}): void {
  const prototype = transport.prototype as BindingTransport;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its object below
  const { init } = prototype;
  prototype.init = async function (this: BindingTransport): Promise<void> {
    const listening = new AbortController();
    const failed = once(this.socket, "error", { signal: listening.signal });
    const bound = init.call(this);
    try {
      await Promise.race([
        bound,
        failed.then(([error]) => {
          throw error as Error;
        }),
      ]);
    } finally {
      this.socket.on("error", () => undefined);
      failed.catch(() => undefined);
      listening.abort();
    }
  };
}

/**
 * Where no STUN server is configured, werift asks a public one of its own choice. A session that was
 * given no server talks to none.
 */
export function withoutDefaultStun(
  transports: readonly { readonly connection: object }[],
  { iceServers }: IceSettings,
): void {
  const urls = iceServers.flatMap((server) => server.urls);
  if (urls.some((url) => /^stuns?:/i.test(url))) return;
  for (const { connection: ice } of transports) {
    // Its type has no `undefined`, its gathering asks for one before each use.
    (ice as { stunServer?: unknown }).stunServer = undefined;
  }
}

/** Bit of the channel type that means unordered (RFC 8832, section 5.1). */
const unorderedBit = 0x80;

/**
 * werift 0.25 forgets that bit in the announcement of a channel that also limits retransmissions, and
 * the browser, which is who sends on it, would then hold motion back behind what was lost. The
 * announcement waits in a queue until the transport is there, so it can still be put right.
 */
export function announceAsUnordered(channel: { readonly sctp: object }): void {
  const { dataChannelQueue } = channel.sctp as {
    dataChannelQueue: [object, number, Buffer][];
  };
  const announcement = dataChannelQueue.find(([each]) => each === channel)?.[2];
  if (announcement === undefined) return;
  announcement.writeUInt8(announcement.readUInt8(1) | unorderedBit, 1);
}

const sessionKeys = [
  "srtpSessionKey",
  "srtpSessionAuthTag",
  "srtcpSessionKey",
  "srtcpSessionAuthTag",
] as const;

/**
 * werift hands its session keys to OpenSSL as buffers, and Node 24 takes longer to find out what such a key is than
 * to encrypt a packet with it: 17 µs for 1,150 bytes of AES-128-GCM, and 5 µs with a key that is prepared once.
 *
 * @param sessions the SRTP and SRTCP sessions of a connected transport.
 */
export function withPreparedKeys(sessions: readonly object[]): void {
  for (const session of sessions) {
    const { localContext, remoteContext } = session as {
      localContext: { cipher: Record<string, unknown> };
      remoteContext: { cipher: Record<string, unknown> };
    };
    for (const { cipher } of [localContext, remoteContext]) {
      for (const name of sessionKeys) {
        const key = cipher[name];
        if (key instanceof Buffer) cipher[name] = createSecretKey(key);
      }
    }
  }
}

/**
 * werift 0.25 writes the channels of a codec into SDP where they are two, and otherwise leaves them out, which means
 * one (RFC 8866, section 6.6).
 */
export function withChannels<
  T extends { readonly name: string; clockRate: number; channels?: number },
>(codec: T): T {
  const { name, clockRate, channels = 1 } = codec;
  if (channels <= 2) return codec;
  return Object.defineProperty(codec, "str", {
    value: `${name}/${clockRate}/${channels}`,
  });
}
