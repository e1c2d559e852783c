/**
 * The panel of the page, made late: the way to the first picture is free of it. See the decisions in ARCHITECTURE.md.
 */
import { hasPicture, type ConnectionState } from "./connection.ts";
import { LatestEvents } from "./latest-events.ts";
import type { ClientEvents } from "./library/session-options.ts";
import { PagePanel, type PagePanelOptions } from "./page-panel.ts";

/** From the first picture on; the eye is on the desktop, and the hand not yet on its way. */
const afterPictureMs = 100;

/** Is made soon after the first picture, or when somebody opens it before. */
export class LatePanel {
  readonly #options: PagePanelOptions;
  #made: PagePanel | undefined;
  #isDue = false;

  /** @param options `events` may be left out: what `client` tells from now on is kept. */
  constructor(options: PagePanelOptions) {
    const events = new LatestEvents<ClientEvents>(options.client, [
      ...(["offered", "sound", "microphone"] as const),
      ...(["sharing", "fullScreen", "report"] as const),
    ]);
    this.#options = { events, ...options };
  }

  toggle(): void {
    this.#make().toggle();
  }

  showState(state: ConnectionState): void {
    this.#made?.showState(state);
    if (this.#isDue || !hasPicture(state)) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#make();
    }, afterPictureMs);
  }

  #make(): PagePanel {
    if (this.#made !== undefined) return this.#made;
    this.#made = new PagePanel(this.#options);
    this.#made.showState(this.#options.client.connection);
    return this.#made;
  }
}
