/**
 * A session in an element: picture, sound, keyboard and pointer around one {@link Viewer}. The page is built on it, and
 * so is the library.
 */
import { Clipboard } from "../clipboard.ts";
import { RemoteCursor } from "../cursor.ts";
import { hasPicture, isLive, type ConnectionState } from "../connection.ts";
import type { ClientFeature } from "../feature.ts";
import type { Files } from "../files.ts";
import { FullScreen } from "../full-screen.ts";
import type { Size } from "../geometry.ts";
import { InputSender } from "../input-sender.ts";
import { KeyGate } from "../key-gate.ts";
import type { Keyboard } from "../keyboard.ts";
import { PasteKeys } from "../paste-keys.ts";
import { Microphone } from "../microphone.ts";
import { browserMicrophones } from "../microphone-device.ts";
import { Picture } from "../picture.ts";
import { Pointer } from "../pointer.ts";
import { Quality } from "../quality.ts";
import type { ScreenSizing } from "../resize.ts";
import { SessionEnding } from "../session-ending.ts";
import { SessionLayout } from "../session-layout.ts";
import { Sound, type SoundState } from "../sound.ts";
import { StatsSampler } from "../stats-sampler.ts";
import type { Sharing } from "../sharing.ts";
import type { PictureTransport } from "../picture-transport.ts";
import { statusWords } from "../status-strings.ts";
import type { OfferedMedia, Viewer } from "../viewer.ts";
import { ViewerPointers } from "../viewer-pointers.ts";
import type {
  SessionQuality,
  SessionState,
  SessionStats,
  StreamSpaceClient,
} from "./api.ts";
import { Emitter } from "./emitter.ts";
import { keysymsNamed } from "./keys.ts";
import { followPageLife } from "./page-life.ts";
import { makeFiles, makeSizing } from "./session-features.ts";
import type {
  ClientEvents,
  SessionClientOptions,
  SessionParts,
} from "./session-options.ts";
import { followControl, makeSharing } from "./session-sharing.ts";
import { letGo, makeKeyboard, makeStage } from "./session-stage.ts";
import { makeViewer } from "./session-viewer.ts";

/** See the module's description. */
export class SessionClient implements StreamSpaceClient {
  readonly stage: HTMLElement;
  readonly picture: Picture;
  readonly audio: Sound<HTMLAudioElement>;
  readonly pointer: Pointer;
  readonly quality: Quality;
  readonly sizing: ScreenSizing;
  readonly clipboard = new Clipboard();
  readonly microphone = new Microphone({
    source: browserMicrophones,
    mayControl: () => this.sharing.state.mayControl,
    isByPeer: () => this.#viewer.transport === "webrtc",
    onState: (state) => {
      this.#events.emit("microphone", state);
    },
  });
  readonly files: Files;
  readonly sharing: Sharing;
  readonly #pointers: ViewerPointers;
  readonly #options: SessionClientOptions;
  readonly #events = new Emitter<ClientEvents>();
  readonly #input = new InputSender();
  readonly #gate = new KeyGate((keysym, code, pressed, locks) => {
    this.#input.key(keysym, code, pressed, locks);
  });
  readonly #cursor: RemoteCursor;
  readonly #pasteKeys: PasteKeys;
  readonly keyboard: Keyboard;
  readonly layout = new SessionLayout();
  readonly #fullScreen: FullScreen;
  readonly #viewer: Viewer;
  readonly #stats: StatsSampler;
  readonly #ending = new AbortController();
  #offered: OfferedMedia | undefined;
  #hasEnded = false;
  #isClosed = false;

  constructor(options: SessionClientOptions) {
    this.#options = options;
    this.picture = new Picture({
      onFrame: () => {
        this.#viewer.frameShown();
      },
    });
    this.audio = new Sound({
      element: document.createElement("audio"),
      ...(options.muted === undefined ? {} : { muted: options.muted }),
      ...(options.volume === undefined ? {} : { volume: options.volume }),
      onState: (state) => {
        this.#events.emit("sound", state);
      },
    });
    this.stage = makeStage(this.picture.element);
    this.quality = new Quality(options.quality);
    this.sharing = makeSharing(options.url, options.sharing);
    this.sizing = makeSizing({
      ...{ stage: this.stage, video: this.picture.element },
      ...{ sharing: this.sharing, events: this.#events },
      mode: options.screenMode,
    });
    this.pointer = new Pointer({
      stage: this.stage,
      video: this.picture.element,
      screen: () => this.#viewer.screen,
      input: this.#input,
    });
    // After the pointer, whose place it draws.
    this.#cursor = new RemoteCursor({
      stage: this.stage,
      scale: () => this.sizing.scale,
      lockedAt: () => this.pointer.lockedAt,
    });
    this.#pointers = new ViewerPointers({
      stage: this.stage,
      video: this.picture.element,
      screen: () => this.#viewer.screen,
      sharing: this.sharing,
    });
    this.sizing.onChange(() => {
      this.#cursor.refresh();
      this.#pointers.refresh();
    });
    this.files = makeFiles(this.#events);
    this.#viewer = makeViewer({
      ...{ options, input: this.#input, features: this.#features() },
      ...{ picture: this.picture, audio: this.audio },
      ...{ microphone: this.microphone, sharing: this.sharing },
      events: this.#events,
      onState: (state) => {
        this.#onState(state);
      },
      onOffered: (media) => {
        this.#offered = media;
      },
    });
    // Before the keyboard, whose keys it takes.
    this.#pasteKeys = new PasteKeys({
      stage: this.stage,
      clipboard: this.clipboard,
      gate: this.#gate,
      isEnabled: () => this.keyboard.enabled,
    });
    this.keyboard = makeKeyboard({
      ...{ stage: this.stage, input: this.#input },
      ...{ gate: this.#gate, pointer: this.pointer },
      onLeave: () => {
        this.#events.emit("leave", undefined);
      },
    });
    this.#fullScreen = new FullScreen({
      element: () =>
        options.fullScreenElement ?? this.stage.parentElement ?? this.stage,
      onChange: (active) => {
        this.#events.emit("fullScreen", active);
      },
    });
    this.#stats = new StatsSampler({
      connection: () => this.#viewer.connection,
      onSnapshot: (snapshot) => {
        this.#events.emit("stats", snapshot);
      },
      onStuck: () => {
        this.#viewer.onStuck();
      },
    });
    this.#followSharing();
    this.#followPage();
  }

  get state(): SessionState {
    return this.#describe(this.#viewer.state);
  }

  /** The state as the machine has it. */
  get connection(): ConnectionState {
    return this.#viewer.state;
  }

  get stats(): SessionStats | undefined {
    return this.#stats.snapshot;
  }

  get screen(): Size | undefined {
    return this.#viewer.screen;
  }

  get sound(): SoundState {
    return this.audio.state;
  }

  get transport(): PictureTransport | undefined {
    return this.#viewer.transport;
  }

  get isFullScreen(): boolean {
    return this.#fullScreen.active;
  }

  /** Whether the browser can do it at all. */
  get fullScreenAvailable(): boolean {
    return this.#fullScreen.available;
  }

  on<K extends keyof ClientEvents>(
    type: K,
    listener: (event: ClientEvents[K]) => void,
  ): () => void {
    return this.#events.on(type, listener);
  }

  connect(): void {
    if (this.#isClosed) return;
    if (this.#viewer.state.kind === "needs-token") this.#viewer.tokenGiven();
    else this.#viewer.tryAgain();
  }

  disconnect(): void {
    this.#viewer.leave();
  }

  mount(parent: HTMLElement): void {
    if (this.#isClosed) return;
    this.#letGo(); // An element that moves loses the focus.
    parent.append(this.stage, this.audio.element);
    // Browsers pause what is taken out of a page, and leave it so.
    this.picture.play();
    this.audio.resume();
  }

  unmount(): void {
    this.#letGo();
    this.stage.remove();
    this.audio.element.remove();
  }

  focus(): void {
    this.stage.focus({ preventScroll: true });
  }

  mute(muted: boolean): void {
    this.audio.mute(muted);
  }

  setVolume(volume: number): void {
    this.audio.volume = volume;
  }

  setQuality(quality: SessionQuality): void {
    this.quality.set(quality);
  }

  async fullScreen(on: boolean): Promise<boolean> {
    return on === this.#fullScreen.active || (await this.#fullScreen.toggle());
  }

  sendKeys(keys: readonly string[]): void {
    this.keyboard.strikeTogether(keysymsNamed(keys));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#viewer.leave();
    this.#ending.abort();
    void this.microphone.turn(false);
    this.#stats.close();
    this.#pasteKeys.close();
    this.keyboard.close();
    this.#gate.released();
    this.pointer.close();
    this.sizing.close();
    this.#pointers.close();
    this.#cursor.close();
    this.#fullScreen.close();
    this.#input.close();
    this.picture.close();
    this.audio.close();
    this.unmount();
    this.#events.close();
  }

  /** Before the stage leaves its place: not every browser tells what loses the focus that way. */
  #letGo(): void {
    const { keyboard, pointer } = this;
    letGo({ keyboard, pointer, input: this.#input });
  }

  #features(): readonly ClientFeature[] {
    return [
      this.sharing, // The others ask it whether this page may act.
      this.quality,
      this.sizing,
      this.#cursor,
      this.clipboard,
      this.layout,
      this.microphone,
      this.files,
      new SessionEnding((ending) => {
        this.#hasEnded = ending?.kind === "ended";
        this.#events.emit("ending", ending);
      }),
      ...(this.#options.features?.(this.#parts()) ?? []),
    ];
  }

  #parts(): SessionParts {
    return {
      stage: this.stage,
      picture: this.picture,
      sound: this.audio,
      input: this.#input,
      screen: () => this.#viewer.screen,
    };
  }

  #onState(state: ConnectionState): void {
    const usable = hasPicture(state);
    this.pointer.enabled = usable;
    this.keyboard.enabled = usable;
    this.stage.tabIndex = usable ? 0 : -1;
    if (!isLive(state)) this.picture.hold();
    // Nothing comes back by itself: nobody is to be listened to meanwhile.
    if (state.kind === "stopped" || state.kind === "needs-token")
      void this.microphone.turn(false);
    this.#events.emit("connection", state);
    this.#events.emit("state", this.#describe(state));
  }

  #describe(state: ConnectionState): SessionState {
    const hasVideo =
      this.#offered === undefined || this.#offered.video !== null;
    const { headline, detail } = statusWords(state, {
      hasVideo,
      ended: this.#hasEnded,
    });
    return {
      kind: state.kind,
      headline,
      detail,
      retryInMs: state.kind === "waiting-to-retry" ? state.delayMs : undefined,
    };
  }

  #followSharing(): void {
    followControl(this.sharing, {
      onControl: (mayControl) => {
        // Whoever acts next must not find keys that this page holds.
        if (!mayControl) this.#input.onPathLost?.();
        this.keyboard.mayType = mayControl;
        this.#cursor.setLooking(!mayControl);
        this.clipboard.controlChanged();
        this.files.controlChanged();
        if (mayControl) this.sizing.claim();
      },
      onChange: (state) => {
        this.#events.emit("sharing", state);
      },
      onNotice: (notice) => {
        this.#events.emit("control", notice);
      },
    });
  }

  #followPage(): void {
    followPageLife(
      {
        onGesture: () => {
          this.audio.unlock();
          if (this.picture.element.paused) this.picture.play();
        },
        onBack: () => {
          this.#viewer.hurry();
        },
        onAway: () => {
          this.#viewer.suspend();
        },
      },
      this.#ending.signal,
    );
  }
}
