/**
 * By which way a picture comes.
 */
import type { Transport } from "../../signaling/protocol.ts";

/** As the agent counts them, and VNC, which to it is another visitor. */
export type PictureTransport = Transport | "vnc";
