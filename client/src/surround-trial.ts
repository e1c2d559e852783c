/**
 * Whether this browser decodes sound in more channels than two. None says so: Chromium does not list the codec,
 * refuses an answer with a codec that it cannot decode, and its connection is of no use afterwards; Firefox
 * accepts such an answer and leaves the codec out. So a connection of its own is given the answer, and goes.
 */
import { hasSurround, withSurround } from "./session-description.ts";

/** Tries an answer to `offer`, which has multistream Opus. Never rejects. */
export async function decodesSurround(offer: string): Promise<boolean> {
  // Without ICE servers: nothing leaves this machine.
  const trial = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  try {
    await trial.setRemoteDescription({ type: "offer", sdp: offer });
    const answer = await trial.createAnswer();
    const sdp = withSurround(answer.sdp ?? "", offer);
    if (sdp === undefined) return false;
    await trial.setLocalDescription({ type: "answer", sdp });
    return trial
      .getReceivers()
      .some((receiver) => hasSurround(receiver.getParameters().codecs));
  } catch {
    // The refusal is what was asked for.
    return false;
  } finally {
    trial.close();
  }
}
