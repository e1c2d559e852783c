/**
 * What a page that embeds a session sees: types alone, and none of another file, since the build publishes this very
 * file as `streamspace-client.d.ts`.
 */

/** Where a session stands; see {@link SessionState}. */
export type SessionStateKind =
  /** There is no token yet, or it was refused. */
  | "needs-token"
  | "connecting"
  | "negotiating"
  | "waiting-for-picture"
  /** The picture runs. */
  | "connected"
  /** The picture ran, and its connection is being mended. */
  | "interrupted"
  /** The next try comes by itself. */
  | "waiting-to-retry"
  /** Ended; {@link StreamSpaceClient.connect} begins anew. */
  | "stopped";

/** The state of the connection, and what to tell the user about it. */
export interface SessionState {
  readonly kind: SessionStateKind;
  /** One line in English. */
  readonly headline: string;
  /** What it means, or what can be done about it. */
  readonly detail: string | undefined;
  /** In `waiting-to-retry`: milliseconds from the change of state to the next try. */
  readonly retryInMs: number | undefined;
}

/** Figures of the last second; `undefined`: not known (yet). */
export interface SessionStats {
  /** Frames decoded in the last second. */
  framesPerSecond: number | undefined;
  width: number | undefined;
  height: number | undefined;
  /** Video and audio together, in bits per second. */
  bitrateBps: number | undefined;
  roundTripMs: number | undefined;
  /** Share of video packets lost since the last sample, 0…1. */
  packetLoss: number | undefined;
  jitterMs: number | undefined;
  /** Mean decode time of the frames since the last sample. */
  decodeMs: number | undefined;
  /** Mean time of frames in the jitter buffer since the last sample. */
  bufferMs: number | undefined;
  framesDecoded: number;
  framesDropped: number;
  /** Times the picture stood still although frames were due. */
  freezes: number;
  keyFrames: number;
  videoCodec: string | undefined;
  audioCodec: string | undefined;
  decoder: string | undefined;
  /** How packets travel, e.g. `udp host` or `tcp relay`. */
  path: string | undefined;
}

/** What the agent says of itself; PROTOCOL.md has all of it. */
export interface SessionHealth {
  readonly status: "ready" | "degraded" | "not-ready";
  /** What keeps it from being `ready`, one sentence each. */
  readonly reasons: readonly string[];
  /** Version of the agent. */
  readonly version: string;
}

/** Something that the agent refused or could not do; the session goes on. */
export interface SessionError {
  /** A word of PROTOCOL.md, e.g. `not-allowed`. */
  readonly name: string;
  /** One sentence for the user; `undefined` where the state says it already. */
  readonly words: string | undefined;
}

/**
 * `none`: the session sends no sound; `blocked`: the browser has paused it, until a gesture of the user, or while the
 * client is not in the page.
 */
export type SessionSound = "none" | "on" | "muted" | "blocked";

/** The most that is wanted; a field that is left out is no bound. Numbers are rounded, and cut to their range. */
export interface SessionQuality {
  /** Bits per second, 100,000…200,000,000. */
  readonly maxBps?: number | undefined;
  /** Frames per second, 1…240. */
  readonly maxFps?: number | undefined;
}

/** A file on its way, from this device into the session or back. */
export interface SessionFileTransfer {
  readonly id: string;
  readonly name: string;
  readonly direction: "upload" | "download";
  readonly state: "waiting" | "moving" | "done" | "failed" | "cancelled";
  /** Those that have got to the other side. */
  readonly bytes: number;
  /** Size of the whole; 0 where it is not known yet. */
  readonly totalBytes: number;
  /** Of one that failed: a word of PROTOCOL.md, or `lost` or `unreadable`. */
  readonly problem?: string;
}

/** What this client may do with files, and what is under way. */
export interface SessionFilesState {
  readonly mayUpload: boolean;
  readonly mayDownload: boolean;
  /** The most bytes of one file. */
  readonly maxBytes: number;
  /** In the order in which they were asked for. */
  readonly transfers: readonly SessionFileTransfer[];
  /** What is in the session's folder, the latest first; `undefined`: not known. */
  readonly files:
    | readonly {
        readonly name: string;
        readonly bytes: number;
        /** Unix time, in milliseconds. */
        readonly modifiedMs: number;
      }[]
    | undefined;
}

/** Files, where the agent's `--files` allows them. */
export interface SessionFiles {
  readonly state: SessionFilesState;
  /**
   * Puts files into the session's folder; {@link state} tells what becomes of them. One whose name is empty, or has more
   * than 1,024 UTF-16 units, fails as `bad-name`.
   */
  upload(files: readonly File[]): void;
  /** The same with what was dropped on an element of your page; folders are left out. */
  drop(data: DataTransfer): void;
  /**
   * Gets a file of the folder, and saves it as the browser saves downloads. A name that no file can have fails as
   * `not-found`.
   */
  download(name: string): void;
  /**
   * Gets the content of a file of the folder.
   * @throws Error whose `problem` is a word as in {@link SessionFileTransfer}; a name that no file can have is
   * `not-found`.
   */
  read(name: string, signal?: AbortSignal): Promise<Blob>;
  /** Calls a transfer off. */
  cancel(id: string): void;
  /** Forgets the transfers that have ended. */
  clear(): void;
  /** Looks into the folder again. */
  refresh(): void;
}

/** Somebody who has the session open. */
export interface SessionViewer {
  readonly id: string;
  /** Counts arrivals; tells viewers of one name, or of none, apart. */
  readonly number: number;
  /** Empty: none was chosen. */
  readonly name: string;
  readonly role: "controller" | "viewer";
  /** When it came, as ISO 8601. */
  readonly since: string;
  /** Whether it may act now. */
  readonly controls: boolean;
  /** How the picture gets to it. */
  readonly transport: "websocket" | "webrtc";
}

/** Who is here and who may act; without a connection what was known last, and no control. */
export interface SessionSharingState {
  readonly isConnected: boolean;
  /** This client, as the others see it. */
  readonly viewerId: string | undefined;
  readonly role: "controller" | "viewer" | undefined;
  /** Whether all controllers act, or one at a time. */
  readonly mode: "shared" | "exclusive";
  /** Whether this client may act now. */
  readonly mayControl: boolean;
  readonly mayAsk: boolean;
  /** Whether this client has asked, and waits. */
  readonly isAsking: boolean;
  /** Ids of those who may act. */
  readonly holders: readonly string[];
  /** Ids of those who have asked, the one who waits longest first. */
  readonly requests: readonly string[];
  /** Those of them whom this client may answer. */
  readonly decides: readonly string[];
  /** Control is kept for some seconds for one whose connection was lost. */
  readonly isKept: boolean;
  /** Everybody, in the order in which they came, this client too. */
  readonly viewers: readonly SessionViewer[];
}

/** What has happened to this client's control, or to its wish for it. */
export interface SessionControlEvent {
  readonly event: "granted" | "denied" | "expired" | "taken";
  /** Id of the one who did it, where one did. */
  readonly by?: string | undefined;
}

/**
 * Sharing: whatever is asked for is the agent's to grant, and the state changes when it has. Methods that take a string
 * throw a TypeError for anything else.
 */
export interface SessionSharing {
  readonly state: SessionSharingState;
  /** What the others are asked to call this client. */
  readonly name: string;
  requestControl(): void;
  /** Hands control to another viewer, who need not have asked. */
  giveControl(viewer: string): void;
  /** Takes control without asking; controllers only. */
  takeControl(): void;
  releaseControl(): void;
  /** Turns a request down. */
  denyControl(viewer: string): void;
  /** Ends another viewer's visit; controllers only. */
  kick(viewer: string): void;
  rename(name: string): void;
  /**
   * The address of the agent's page for somebody who is only to look; controllers only.
   * @throws Error where the agent refuses, does not answer within 5 s, or the connection is lost.
   */
  shareLink(): Promise<string>;
}

/** Where the user's microphone stands. */
export type SessionMicrophoneState =
  /** The session takes none, or not from this client. */
  | "unavailable"
  | "off"
  /** The browser asks the user. */
  | "asking"
  /** The session hears the user. */
  | "on"
  /** It would, and will again: the connection carries nothing at the moment. */
  | "interrupted"
  /** The user, or a rule of the page, does not allow it. */
  | "denied"
  /** There is no device, or another program has it. */
  | "missing"
  /** The page did not come by HTTPS. */
  | "insecure"
  /** There is no connection that carries sound to the session. */
  | "unreachable"
  /** Another client speaks now: one is heard at a time, the one that was turned on last. */
  | "taken"
  /** This client does not control the session. */
  | "no-control";

/** The user's microphone: programs of the session record it. */
export interface SessionMicrophone {
  readonly state: SessionMicrophoneState;
  /** 0…1: how loud the user is; 0 while it is off. */
  readonly level: number;
  /** Id of the client that the session hears, this one or another. */
  readonly speaker: string | undefined;
  /** Id of the device that was chosen; `undefined`: the browser chooses. */
  readonly device: string | undefined;
  /** The devices there are; their names are empty until the user has allowed one. */
  devices(): Promise<readonly { readonly id: string; readonly name: string }[]>;
  /** Takes another device, at once where it is on. */
  use(device: string | undefined): Promise<void>;
  /** Turns it on, which may ask the user, or off. What became of it is its state. */
  turn(on: boolean): Promise<void>;
}

/** A peer connection, or where that does not get through, the WebSocket; VNC on the agent's own page alone. */
export type SessionTransport = "webrtc" | "websocket" | "vnc";

/** What is told, by the name it is asked for. */
export interface SessionEvents {
  state: SessionState;
  /** Once a second while there is a connection. */
  stats: SessionStats;
  /** `undefined` when the connection is lost. */
  health: SessionHealth | undefined;
  error: SessionError;
  sound: SessionSound;
  /** Somebody came, left, or has control now. */
  sharing: SessionSharingState;
  control: SessionControlEvent;
  microphone: SessionMicrophoneState;
  /** Picture and sound have taken this way, where it was not asked for. */
  transport: SessionTransport;
  /** Whether it fills the screen. */
  fullScreen: boolean;
  /** After each change of what is known of files. */
  files: SessionFilesState;
  /** The user pressed Control, Alt, Shift and M, the way out for those without a pointer. */
  leave: undefined;
}

export interface StreamSpaceClientOptions {
  /**
   * Address of the agent's page, below a proxy's path where there is one: `https://desktop.example/one/`. One that begins
   * with `/`, `./` or `../` is relative to your page. Anything else makes the constructor throw a TypeError.
   */
  readonly url: string;
  /** The credential. Where left out: the one behind `#token=` of the address. */
  readonly token?: string;
  /** Forces a codec (`h264`, `vp8`, `vp9`, `av1`, `h265`) instead of the best that both sides have. */
  readonly codec?: string;
  /** By which way picture and sound may come; `auto` where left out. The agent's own setting goes before it. */
  readonly transport?: "auto" | "webrtc" | "websocket";
  readonly quality?: SessionQuality;
  readonly muted?: boolean;
  /** 0…1. */
  readonly volume?: number;
  /** What the others are to call this client; 40 characters are shown. */
  readonly name?: string;
}

/**
 * A session, shown in an element of your page. It reconnects by itself until {@link disconnect} or {@link close}.
 *
 * The agent must allow your page: `--allowed-origins https://portal.example`.
 */
export interface StreamSpaceClient {
  readonly state: SessionState;
  /** Figures of the last second; `undefined` without a connection. */
  readonly stats: SessionStats | undefined;
  /** Size of the remote screen in pixels, once it is known. */
  readonly screen:
    { readonly width: number; readonly height: number } | undefined;
  readonly sound: SessionSound;
  /** By which way picture and sound come; `undefined` while there is no picture. */
  readonly transport: SessionTransport | undefined;
  readonly microphone: SessionMicrophone;
  readonly isFullScreen: boolean;
  readonly files: SessionFiles;
  readonly sharing: SessionSharing;

  /** Calls `listener` for each event from now on; returns the function that ends that. */
  on<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
  ): () => void;
  /** Connects, or tries again at once. */
  connect(): void;
  /** Ends the connection until {@link connect}. */
  disconnect(): void;
  /** Shows the session in `element`, whose size it takes; keys go to it while it has the focus. */
  mount(element: HTMLElement): void;
  /** Takes the session out of the page; it stays connected. */
  unmount(): void;
  /** Gives the keyboard to the session. */
  focus(): void;
  mute(muted: boolean): void;
  /** @param volume 0…1; what is beyond is cut. */
  setVolume(volume: number): void;
  /**
   * Bounds what is sent, now and after each reconnect, until the next call.
   * @throws TypeError where `quality` is no object, or a field of it no number; RangeError for a number that is not
   * finite.
   */
  setQuality(quality: SessionQuality): void;
  /**
   * Fills the screen, or leaves it.
   * @returns whether the browser did it; it wants a gesture of the user.
   */
  fullScreen(on: boolean): Promise<boolean>;
  /**
   * Presses keys in order and releases them in reverse: `["Control", "Alt", "Delete"]`. Names are those of
   * `KeyboardEvent.key`; a single character stands for itself.
   * @throws RangeError for a name that is not known, before anything is pressed; more than 8 keys.
   */
  sendKeys(keys: readonly string[]): void;
  /** Ends everything for good; idempotent. */
  close(): void;
}

/** How a client is made; it throws a TypeError for an address that is none, and as {@link StreamSpaceClient.setQuality}. */
export type StreamSpaceClientConstructor = new (
  options: StreamSpaceClientOptions,
) => StreamSpaceClient;
