/**
 * What a session is made from, and what it tells the page.
 */
import type {
  HealthSnapshot,
  TransportMode,
} from "../../../signaling/protocol.ts";
import type { ConnectionState } from "../connection.ts";
import type { ClientFeature } from "../feature.ts";
import type { Size } from "../geometry.ts";
import type { InputSender } from "../input-sender.ts";
import type { Picture } from "../picture.ts";
import type { PeerTrouble, PictureTransport } from "../picture-transport.ts";
import type { ScreenMode } from "../screen-mode.ts";
import type { Ending } from "../session-ending.ts";
import type { Sound } from "../sound.ts";
import type { OfferedMedia } from "../viewer.ts";
import type { LoadVnc } from "../vnc-picture.ts";
import type { SessionEvents, SessionQuality } from "./api.ts";
import type { SharingOptions } from "./session-sharing.ts";

/** What the page hears beyond what the library tells. */
export interface ClientEvents extends SessionEvents {
  connection: ConnectionState;
  offered: OfferedMedia;
  /** All of the health that the library tells a part of. */
  report: HealthSnapshot | undefined;
  /** What the library tells as `transport`, and what it left, see `picture-routes.ts`. */
  route: { transport: PictureTransport; peerTrouble: PeerTrouble };
  /** The session ends, or has; `undefined` once it is back. */
  ending: Ending | undefined;
  /** Words for the user that no error comes with. */
  notice: string;
  /** The user chose how the remote screen and the window go together. */
  screenMode: ScreenMode;
}

/** The parts of a session that features build upon. */
export interface SessionParts {
  /** What has the keyboard and the pointer while it has the focus. */
  readonly stage: HTMLElement;
  readonly picture: Picture;
  readonly sound: Sound<HTMLAudioElement>;
  readonly input: InputSender;
  /** Size of the remote screen. */
  screen(): Size | undefined;
}

/** What a session is made from. */
export interface SessionClientOptions {
  /** Address of the agent's page. */
  url: string;
  /** Asked for at every hello. */
  token: () => string | undefined;
  /** Whether an agent has accepted it before. */
  isTokenKnown?: () => boolean;
  sharing?: SharingOptions;
  codec?: string | null | undefined;
  transport?: TransportMode;
  /** Loads what shows VNC; where absent, VNC is not shown. */
  vnc?: LoadVnc;
  quality?: SessionQuality | undefined;
  muted?: boolean | undefined;
  volume?: number | undefined;
  screenMode?: ScreenMode;
  /** What fills the screen; where left out, what the session is mounted in. */
  fullScreenElement?: Element;
  features?: (parts: SessionParts) => readonly ClientFeature[];
}
