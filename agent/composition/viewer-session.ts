/**
 * The session as signaling sees it.
 */
import type { Config } from "../config/settings.ts";
import { agentVersion } from "../config/version.ts";
import { isFailing, isUsable } from "../health/health-report.ts";
import type { HealthSnapshot, VideoCodec } from "../../signaling/protocol.ts";
import type { SessionEnding } from "../../signaling/features/ending.ts";
import type { Sharing } from "../../signaling/features/sharing.ts";
import type { SignalingSession } from "../../signaling/signaling-server.ts";
import type { PeerFactory } from "../../signaling/webrtc/peer.ts";
import type { SharedFolder } from "../session/shared-folder.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { cursorFeatures } from "./cursor-feature.ts";
import { resizeFeatures } from "./resize-feature.ts";
import { openClipboard } from "./clipboard-feature.ts";
import { filesFeatures } from "./files-feature.ts";
import { keyboardFeatures } from "./keyboard-feature.ts";
import { microphoneFeatures } from "./microphone-feature.ts";
import { socketMediaFeature } from "./socket-media-feature.ts";
import type { SessionServices } from "./session-services.ts";

/** Makes the session for viewers out of its parts. */
export function viewerSession(options: {
  config: Config;
  services: SessionServices;
  supervisor: Supervisor;
  createPeer: PeerFactory;
  report: () => HealthSnapshot;
  /** Whether an encoder for a codec works here, or may yet turn out to. */
  mayEncode: (codec: VideoCodec) => boolean;
  /** Where files are exchanged, if they are. */
  folder: SharedFolder | undefined;
  sharing: Sharing;
  /** Tells viewers that the session ends. */
  farewell: SessionEnding;
}): SignalingSession {
  const { config, services, supervisor, createPeer, report, mayEncode } =
    options;
  const { sharing } = options;
  const usable = (name: string): boolean =>
    isUsable(supervisor.service(name).snapshot());
  const failing = (name: string): boolean =>
    isFailing(supervisor.service(name).snapshot());
  const media: Pick<SignalingSession, "video" | "audio"> = {
    video: (viewerCodecs) => {
      const candidates = services.video.filter(
        ({ codec }) => viewerCodecs.includes(codec) && mayEncode(codec),
      );
      // One that has worked before one that has not, and that before one that fails; otherwise the settings' order.
      const chosen =
        candidates.find(({ stream }) => usable(stream.name)) ??
        candidates.find(({ stream }) => !failing(stream.name)) ??
        candidates[0];
      if (chosen === undefined) return undefined;
      const { codec, stream } = chosen;
      return { codec, encoder: stream.encoder, source: stream };
    },
    audio: () => services.audio?.offer,
  };
  return {
    ...media,
    agentVersion: agentVersion(),
    ice: {
      iceServers: config.iceServers,
      iceTransportPolicy: config.iceTransportPolicy,
      portRange: config.icePortRange,
      advertisedAddresses: config.iceAdvertisedAddresses,
    },
    transport: config.transport,
    createPeer,
    screen: () => {
      const display = services.display();
      return display === undefined
        ? { width: config.displayWidth, height: config.displayHeight }
        : { ...display.connection.screen };
    },
    hasFailed: (codec) =>
      services.video.some(
        (each) => each.codec === codec && failing(each.stream.name),
      ),
    onScreen: (listener) => services.screen.onChange(listener),
    openSeat: () => services.input.openSeat(),
    admit: sharing.admit,
    features: [
      sharing.open,
      socketMediaFeature(media),
      ...cursorFeatures(config, services.cursor),
      ...resizeFeatures(services.screen),
      openClipboard(config, services.clipboard),
      ...keyboardFeatures(services),
      ...microphoneFeatures(config, services.microphone),
      ...filesFeatures(config, options.folder),
      options.farewell.open,
    ],
    health: report,
    onHealth: (listener) => supervisor.onChange(listener),
  };
}
