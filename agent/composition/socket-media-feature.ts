/**
 * Video and sound over the WebSocket, out of the session's streams.
 */
import { openSocketMedia } from "../../signaling/features/socket-media.ts";
import { socketVideoCodecs } from "../../signaling/protocol/socket-media.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";
import type { ViewerHost } from "../../signaling/viewer-host.ts";
import { systemClock } from "../base/clock.ts";

/** Makes the feature out of what the session offers by WebRTC. */
export function socketMediaFeature(
  session: Pick<ViewerHost, "video" | "audio">,
): OpenFeature {
  return openSocketMedia({
    clock: systemClock,
    video: (codecs) => {
      const chosen = session.video(codecs);
      const codec = socketVideoCodecs.find((one) => one === chosen?.codec);
      return chosen === undefined || codec === undefined
        ? undefined
        : { ...chosen, codec };
    },
    audio: () => session.audio(),
  });
}
