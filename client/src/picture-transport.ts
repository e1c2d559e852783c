/**
 * By which way a picture comes.
 */
import type { Transport } from "../../signaling/protocol.ts";

/** As the agent counts them, and VNC, which to it is another visitor. */
export type PictureTransport = Transport | "vnc";

/**
 * Why the picture was taken from a peer: nothing came through or nothing does any more, media arrived but no picture did
 * in time, frames arrive and are not decoded, or the session makes none.
 */
export type PeerTrouble = "unreachable" | "late" | "undecoded" | "unencoded";
