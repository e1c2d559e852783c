/**
 * The last step of the packet path: SRTP, then the socket of the nominated candidate pair.
 *
 * It sees the transport through the narrow interfaces below, which werift's objects satisfy.
 */
import type { PacketWriter } from "./outbound-track.ts";

/** What the cipher reads of a header, and nothing else. */
export interface WrittenHeader {
  ssrc: number;
  sequenceNumber: number;
  serializeSize: number;
  serialize(): Buffer;
}

/** A candidate pair and the protocol that sends to it. */
interface CandidatePair {
  readonly remoteAddr: readonly [string, number];
  readonly protocol: {
    sendData(data: Buffer, address: readonly [string, number]): Promise<void>;
  };
}

/** A connected transport. */
export interface SrtpTransport {
  encryptRtp(payload: Buffer, header: WrittenHeader): Buffer;
  encryptRtcp(packet: Buffer): Buffer;
  /** The ICE connection, whose nominated pair may change at any time. */
  readonly connection: { readonly nominated?: CandidatePair | undefined };
}

/** Packets that may wait inside a relayed (TURN or TCP) connection before new ones are dropped. */
const maxRelayedInFlight = 512;

/**
 * What {@link SrtpWriter} uses of a UDP candidate's socket. werift keeps the field private; the path
 * through its public methods costs two promises a packet.
 */
interface DatagramSender {
  send(data: Buffer, port: number, address: string): void;
}

/** Encrypts with the transport's SRTP session and sends to the nominated pair. */
export class SrtpWriter implements PacketWriter {
  readonly #transport: SrtpTransport;
  #relayedInFlight = 0;

  constructor(transport: SrtpTransport) {
    this.#transport = transport;
  }

  writeRtp(
    header: Buffer,
    payload: Buffer,
    ssrc: number,
    sequenceNumber: number,
  ): void {
    this.#send(
      this.#transport.encryptRtp(payload, {
        ssrc,
        sequenceNumber,
        serializeSize: header.length,
        serialize: () => header,
      }),
    );
  }

  writeRtcp(packet: Buffer): void {
    this.#send(this.#transport.encryptRtcp(packet));
  }

  #send(data: Buffer): void {
    const { connection } = this.#transport;
    const pair = connection.nominated;
    if (pair === undefined || !hasConsent(connection)) return;
    const [address, port] = pair.remoteAddr;
    const socket = datagramSocketOf(pair.protocol);
    if (socket !== undefined) {
      socket.send(data, port, address);
      return;
    }
    if (this.#relayedInFlight >= maxRelayedInFlight) return;
    this.#relayedInFlight += 1;
    const done = (): void => {
      this.#relayedInFlight -= 1;
    };
    pair.protocol.sendData(data, pair.remoteAddr).then(done, done);
  }
}

/** RFC 7675: no media to an address that has stopped answering. */
function hasConsent(connection: object): boolean {
  const { canSendApplicationData } = connection as {
    canSendApplicationData?: () => boolean;
  };
  return canSendApplicationData?.call(connection) ?? true;
}

/** The socket of a host or reflexive UDP candidate; `undefined` for relays and TCP, and when closed. */
function datagramSocketOf(protocol: object): DatagramSender | undefined {
  const { type, transport } = protocol as {
    type?: string;
    transport?: { closed?: boolean; socket?: DatagramSender };
  };
  if (type !== "stun" || transport?.closed !== false) return undefined;
  return transport.socket;
}
