/**
 * Everything that lies over the picture: the card, the controls, the notices and the statistics.
 */
import type { ErrorName, HealthSnapshot } from "../../signaling/protocol.ts";
import { hasPicture, type ConnectionState } from "./connection.ts";
import { element, icon } from "./dom.ts";
import type { NoticeAction } from "./control-words.ts";
import { EndingNotice } from "./ending-notice.ts";
import type { MicrophoneState } from "./microphone-state.ts";
import { Notice } from "./notice.ts";
import type { Ending } from "./session-ending.ts";
import type { SoundState } from "./sound.ts";
import type { StatsSnapshot } from "./stats.ts";
import { StatusCard } from "./status-card.ts";
import { statusWords } from "./status-strings.ts";
import {
  errorWords,
  healthWords,
  microphoneWords,
  statsLines,
  strings,
} from "./strings.ts";
import { Toolbar, type ToolbarActions } from "./toolbar.ts";
import type { OfferedMedia } from "./viewer.ts";

export interface OverlayActions extends ToolbarActions {
  onToken: (token: string) => void;
  onTryAgain: () => void;
  onUnlockSound: () => void;
}

/** See the module's description. */
export class Overlay {
  readonly toolbar: Toolbar;
  readonly #card: StatusCard;
  readonly #backdrop: HTMLElement;
  readonly #notice: Notice;
  /** Apart from all else: nobody is to believe that he is heard, or not heard, where it is otherwise. */
  readonly #microphoneNotice: Notice;
  /** Known before there is a picture, whose coming must not take it away. */
  readonly #noSoundNotice: Notice;
  readonly #healthNotice = element("section", {
    className: "notice health-notice",
    attributes: { role: "status" },
  });
  readonly #ending = new EndingNotice();
  readonly #soundButton: HTMLButtonElement;
  /** The card says what goes on, and is gone when all is well again: this says so to those who do not see it. */
  readonly #announcer = element("p", {
    className: "visually-hidden",
    attributes: { role: "status" },
  });
  readonly #listening = new AbortController();
  readonly #stats = element("dl", {
    className: "stats",
    attributes: { "aria-label": strings.statistics },
  });
  #state: ConnectionState = { kind: "needs-token", rejected: false };
  #sound: SoundState = "none";
  #hadPicture = false;
  #offered: OfferedMedia | undefined;
  #hasEnded = false;
  #health: HealthSnapshot | undefined;
  #lastStats: StatsSnapshot | undefined;
  /** Who acts, where this page does not. */
  #standing: string | undefined;

  constructor(options: {
    parent: HTMLElement;
    actions: OverlayActions;
    fullScreenAvailable: boolean;
    isDragging: () => boolean;
  }) {
    const { actions } = options;
    this.#card = new StatusCard(actions);
    this.#notice = new Notice(actions.onDone);
    this.#microphoneNotice = new Notice(actions.onDone);
    this.#noSoundNotice = new Notice(actions.onDone);
    this.#backdrop = element(
      "div",
      { className: "backdrop" },
      this.#card.element,
    );
    this.toolbar = new Toolbar({
      actions,
      fullScreenAvailable: options.fullScreenAvailable,
      isDragging: options.isDragging,
    });
    this.#soundButton = element(
      "button",
      {
        className: "primary sound-button",
        attributes: { type: "button" },
      },
      icon("muted"),
      element("span", { text: strings.turnOnSound }),
    );
    this.#soundButton.addEventListener("click", () => {
      actions.onUnlockSound();
      actions.onDone();
    });
    this.#soundButton.hidden = true;
    this.#healthNotice.hidden = true;
    this.#stats.hidden = true;
    options.parent.append(
      this.#stats,
      this.#announcer,
      this.#backdrop,
      element(
        "div",
        { className: "notices" },
        // Any press turns the sound on and takes this away: on top of the column, where nothing is moved by that from
        // under the pointer before it has let go.
        this.#soundButton,
        this.#ending.element,
        this.#healthNotice,
        this.#microphoneNotice.element,
        this.#noSoundNotice.element,
        this.#notice.element,
      ),
      this.toolbar.element,
      this.toolbar.handle,
    );
    for (const type of ["online", "offline"] as const) {
      window.addEventListener(
        type,
        () => {
          this.#renderState();
        },
        { signal: this.#listening.signal },
      );
    }
  }

  showState(state: ConnectionState): void {
    const before = this.#state;
    this.#state = state;
    if (state.kind === "connected" && this.#hadPicture)
      this.#announcer.textContent = strings.connectedAgain;
    else if (before.kind === "connected") this.#announcer.textContent = "";
    this.#hadPicture ||= hasPicture(state);
    if (state.kind === "needs-token" || state.kind === "stopped") {
      this.#hadPicture = false;
    }
    // Another session may have no sound at all, which is no matter of the way.
    if (state.kind === "connecting") this.#offered = undefined;
    const connected = state.kind === "connected";
    document.body.dataset["state"] = state.kind;
    document.body.classList.toggle("had-picture", this.#hadPicture);
    this.#backdrop.hidden = connected;
    this.#renderState();
    this.toolbar.setAvailable(hasPicture(state));
    if (connected) this.#notice.hide();
    this.#renderSound();
    this.#renderHealth();
  }

  showHealth(health: HealthSnapshot | undefined): void {
    this.#health = health;
    this.#card.setHealth(health);
    this.#renderHealth();
  }

  /** The session ends, or has; `undefined`: not that anybody knows. */
  showEnding(ending: Ending | undefined): void {
    this.#ending.show(ending);
    this.#hasEnded = ending?.kind === "ended";
    this.#renderState();
  }

  showOffered(media: OfferedMedia): void {
    if (media.audio) this.#noSoundNotice.hide();
    else if (this.#offered?.audio === true)
      this.#noSoundNotice.show(strings.noSoundThisWay);
    this.#offered = media;
    this.#renderState();
  }

  showSound(state: SoundState): void {
    this.#sound = state;
    this.toolbar.setSound(state);
    this.#renderSound();
  }

  /** Whether the figures lie over the picture. */
  showFigures(shown: boolean): void {
    this.#stats.hidden = !shown;
    this.#renderStats();
  }

  showStats(stats: StatsSnapshot): void {
    this.#lastStats = stats;
    this.#renderStats();
  }

  /** Shows what the agent reported, for a while. */
  showError(error: ErrorName): void {
    const words = errorWords(error);
    if (words !== undefined) this.notify(words);
  }

  /** Shows a sentence for a while, with what can be done about it. */
  notify(words: string, actions: readonly NoticeAction[] = []): void {
    this.#notice.show(words, actions);
  }

  /** The panel offers the same, and more of it. */
  dropOffers(): void {
    this.#notice.hideActions();
  }

  /** @param standing who acts, where this page does not. */
  showControl(mayControl: boolean, standing: string | undefined): void {
    this.toolbar.setControl(mayControl);
    if (mayControl) this.#notice.hideActions();
    if (standing === this.#standing) return;
    this.#standing = standing;
    this.#renderState();
  }

  /** Shows what became of the user's microphone. */
  showMicrophone(state: MicrophoneState): void {
    this.toolbar.setMicrophone(state);
    const words = microphoneWords[state];
    if (words === "") this.#microphoneNotice.hide();
    else this.#microphoneNotice.show(words);
  }

  close(): void {
    this.#notice.hide();
    this.#microphoneNotice.hide();
    this.#noSoundNotice.hide();
    this.#listening.abort();
    this.#ending.close();
    this.#card.close();
    this.toolbar.close();
  }

  #renderState(): void {
    const hasVideo =
      this.#offered === undefined || this.#offered.video !== null;
    const offline = !navigator.onLine;
    this.#card.show(this.#state, {
      ...{ hasVideo, offline },
      ended: this.#hasEnded,
      hadPicture: this.#hadPicture,
    });
    const connected = this.#state.kind === "connected";
    const { headline } = statusWords(this.#state, {
      ...{ hasVideo, offline, ended: this.#hasEnded },
    });
    this.toolbar.setState(
      connected ? sentences(headline, this.#standing) : headline,
      connected,
    );
  }

  #renderSound(): void {
    this.#soundButton.hidden =
      this.#sound !== "blocked" || !hasPicture(this.#state);
  }

  #renderHealth(): void {
    const words =
      this.#state.kind === "connected" ? healthWords(this.#health) : [];
    this.#healthNotice.hidden = words.length === 0;
    this.#healthNotice.replaceChildren(
      element("strong", { text: strings.healthTitle }),
      ...words.map((text) => element("p", { text })),
    );
  }

  #renderStats(): void {
    if (this.#stats.hidden) return;
    const encoder = this.#offered?.video?.encoder;
    this.#stats.replaceChildren(
      ...statsLines(this.#lastStats, encoder).flatMap(({ label, value }) => [
        element("dt", { text: label }),
        element("dd", { text: value }),
      ]),
    );
  }
}

function sentences(headline: string, more: string | undefined): string {
  return more === undefined ? headline : `${headline}. ${more}`;
}
