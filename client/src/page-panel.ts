/**
 * The panel of the page: its sections, and what they are connected with.
 */
import { hasPicture, type ConnectionState } from "./connection.ts";
import type { EventSource } from "./latest-events.ts";
import type { SessionClient } from "./library/session-client.ts";
import type { ClientEvents } from "./library/session-options.ts";
import { AboutSection } from "./panel/about-section.ts";
import {
  ClipboardSection,
  type ClipboardControls,
} from "./panel/clipboard-section.ts";
import {
  DisplaySection,
  type DisplayControls,
} from "./panel/display-section.ts";
import { FilesSection, type FileControls } from "./panel/files-section.ts";
import {
  KeyboardSection,
  type KeyboardControls,
} from "./panel/keyboard-section.ts";
import { renderOn } from "./panel/observable.ts";
import { Panel, type AddedSection } from "./panel/panel.ts";
import { QualitySection } from "./panel/quality-section.ts";
import { SharingSection } from "./panel/sharing-section.ts";
import { waitingForUser, type SharingControls } from "./panel/sharing-state.ts";
import { SoundSection } from "./panel/sound-section.ts";
import { presets } from "./quality-presets.ts";
import type { SettingsStore } from "./settings.ts";
import type { OfferedMedia } from "./viewer.ts";

/** Features that have a section where they are there. */
export interface PanelControls {
  clipboard?: ClipboardControls;
  display?: DisplayControls;
  keyboard?: KeyboardControls;
  files?: FileControls;
  sharing?: SharingControls;
}

export interface PagePanelOptions {
  parent: HTMLElement;
  client: SessionClient;
  /** Where the client's events come from; the client itself where absent. */
  events?: EventSource<ClientEvents>;
  settings: SettingsStore;
  controls?: PanelControls;
  onMute: (muted: boolean) => void;
  /** Whether the figures are to lie over the picture. */
  onFigures: (shown: boolean) => void;
  onOpen: (open: boolean) => void;
  /** Whether something in the panel wants attention. */
  onAttention: (wanted: boolean) => void;
  /** The panel was left: the keyboard belongs to the desktop again. */
  onDone: () => void;
}

/** See the module's description. */
export class PagePanel {
  readonly panel: Panel;
  readonly #options: PagePanelOptions;
  readonly #quality: QualitySection;
  readonly #sound: SoundSection;
  readonly #display: DisplaySection;
  readonly #about = new AboutSection();
  /** End what listens. */
  readonly #stops: (() => void)[] = [];
  #offered: OfferedMedia | undefined;

  constructor(options: PagePanelOptions) {
    this.#options = options;
    const { client, settings, controls = {} } = options;
    this.panel = new Panel({
      section: settings.get("section"),
      onChange: ({ open, wanted }) => {
        settings.set("section", wanted);
        options.onOpen(open);
      },
      onDone: options.onDone,
    });
    this.#quality = this.#makeQuality();
    this.#sound = new SoundSection({
      muted: settings.get("muted"),
      volume: settings.get("volume"),
      onMute: options.onMute,
      onVolume: (volume) => {
        settings.set("volume", volume);
        client.setVolume(volume);
      },
      microphone: client.microphone,
    });
    this.#display = new DisplaySection({
      fullScreen: {
        available: client.fullScreenAvailable,
        toggle: () => {
          void client.fullScreen(!client.isFullScreen);
        },
      },
      ...(controls.display === undefined ? {} : { display: controls.display }),
    });
    for (const section of [
      this.#quality,
      this.#sound,
      this.#display,
      this.#about,
    ])
      this.panel.addSection(section);
    this.#addFeatures(controls);
    this.#listen();
    options.parent.append(this.panel.element);
  }

  toggle(): void {
    this.panel.toggle();
  }

  showState(state: ConnectionState): void {
    this.#quality.setAllowed(this.#options.client.quality.isAllowed);
    // Without a picture the card needs the room, and most of the panel has nothing to act upon.
    if (!hasPicture(state)) this.panel.close();
  }

  /** Ends what listens, and takes the panel out of the page; idempotent. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.panel.dispose();
  }

  #makeQuality(): QualitySection {
    const { client, settings, onFigures } = this.#options;
    return new QualitySection({
      preset: settings.get("quality"),
      figures: settings.get("figures"),
      onPreset: (preset) => {
        settings.set("quality", preset);
        client.setQuality(presets[preset]);
      },
      onFigures: (shown) => {
        settings.set("figures", shown);
        onFigures(shown);
      },
    });
  }

  #addFeatures(controls: PanelControls): void {
    const { clipboard, keyboard, files, sharing } = controls;
    const sections = [
      clipboard === undefined ? undefined : new ClipboardSection(clipboard),
      keyboard === undefined ? undefined : new KeyboardSection(keyboard),
    ].filter((section) => section !== undefined);
    for (const section of sections) {
      this.panel.addSection(section);
      this.#stops.push(() => {
        section.close();
      });
    }
    if (files !== undefined) this.#addFiles(files);
    if (sharing !== undefined) this.#addSharing(sharing);
  }

  /** Most sessions exchange no files: the section is there while this one does, or has. */
  #addFiles(files: FileControls): void {
    const section = new FilesSection(files);
    let added: AddedSection | undefined;
    const stop = renderOn(files, ({ mayUpload, mayDownload, transfers }) => {
      const isThere = mayUpload || mayDownload || transfers.length > 0;
      if (isThere) added ??= this.panel.addSection(section);
      else {
        added?.remove();
        added = undefined;
      }
      const open = transfers.filter(
        ({ state }) => state === "waiting" || state === "moving",
      );
      added?.setBadge(open.length === 0 ? undefined : String(open.length));
    });
    this.#stops.push(stop, () => {
      section.close();
    });
  }

  #addSharing(sharing: SharingControls): void {
    const section = new SharingSection(sharing);
    const added = this.panel.addSection(section);
    const stop = renderOn(sharing, (state) => {
      const waiting = waitingForUser(state);
      added.setBadge(waiting === 0 ? undefined : String(waiting));
      this.#options.onAttention(waiting > 0);
    });
    this.#stops.push(stop, () => {
      section.close();
    });
  }

  #listen(): void {
    const { client, events = client } = this.#options;
    this.#stops.push(
      events.on("offered", (media) => {
        this.#offered = media;
      }),
      events.on("stats", (stats) => {
        this.#quality.setStats(stats, this.#offered?.video?.encoder);
      }),
      events.on("sound", (state) => {
        this.#sound.setState(state);
      }),
      events.on("microphone", (state) => {
        this.#sound.setMicrophone(state);
      }),
      events.on("sharing", ({ mayControl }) => {
        this.#sound.setControl(mayControl);
      }),
      events.on("fullScreen", (active) => {
        this.#display.setFullScreen(active);
      }),
      events.on("report", (health) => {
        this.#about.setHealth(health);
      }),
      () => {
        this.#display.close();
        this.#sound.close();
      },
    );
  }
}
