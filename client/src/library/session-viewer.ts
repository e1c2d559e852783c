/**
 * The viewer of a session, and where what it hears goes: to picture, sound and microphone, and out as events.
 */
import { chooseCodecs } from "../codec-choice.ts";
import type { ConnectionState } from "../connection.ts";
import type { ClientFeature } from "../feature.ts";
import type { InputSender } from "../input-sender.ts";
import type { Microphone } from "../microphone.ts";
import type { Picture } from "../picture.ts";
import type { Sharing } from "../sharing.ts";
import { signalingUrl } from "../signaling-url.ts";
import type { Sound } from "../sound.ts";
import { errorWords } from "../strings.ts";
import { Viewer, type OfferedMedia, type ViewerListener } from "../viewer.ts";
import type { Emitter } from "./emitter.ts";
import type { ClientEvents, SessionClientOptions } from "./session-options.ts";

/** What the viewer is put between. */
export interface ViewerParts {
  options: SessionClientOptions;
  input: InputSender;
  features: readonly ClientFeature[];
  picture: Picture;
  audio: Sound<HTMLAudioElement>;
  microphone: Microphone<MediaStreamTrack>;
  sharing: Sharing;
  events: Emitter<ClientEvents>;
  onState: (state: ConnectionState) => void;
  /** Called before the event of it. */
  onOffered: (media: OfferedMedia) => void;
}

/** Makes the viewer of a session; it does not connect by itself. */
export function makeViewer(parts: ViewerParts): Viewer {
  const { url, token, codec, isTokenKnown, transport, vnc } = parts.options;
  return new Viewer({
    url: signalingUrl(url),
    pageUrl: url,
    vnc,
    token: () => token() ?? "",
    ...(isTokenKnown === undefined ? {} : { isTokenKnown }),
    codecs: (refused) =>
      chooseCodecs({
        capabilities: videoCapabilities(),
        forced: codec ?? null,
        refused,
      }),
    input: parts.input,
    ...(transport === undefined ? {} : { transport }),
    features: parts.features,
    listener: listenerOf(parts),
  });
}

function listenerOf(parts: ViewerParts): ViewerListener {
  const { picture, audio, microphone, sharing, events } = parts;
  return {
    onState: parts.onState,
    onTrack: (track) => {
      if (track.kind === "video") picture.show(track);
      else audio.play(new MediaStream([track]));
    },
    onHealth: (health) => {
      events.emit("health", health);
      events.emit("report", health);
    },
    onOffered: (media) => {
      parts.onOffered(media);
      events.emit("offered", media);
    },
    onMicrophone: (sender) => {
      microphone.useSender(sender);
    },
    onTransport: (transport, peerTrouble) => {
      microphone.transportChanged();
      events.emit("transport", transport);
      events.emit("route", { transport, peerTrouble });
    },
    onError: (name) => {
      events.emit("error", {
        name,
        words: errorWords(name, sharing.state.role),
      });
    },
  };
}

function videoCapabilities(): RTCRtpCodec[] {
  // Some browsers are built, or configured, without WebRTC.
  if (!("RTCRtpReceiver" in window)) return [];
  return RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
}
