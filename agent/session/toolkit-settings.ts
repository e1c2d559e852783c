/**
 * Tells the toolkits of a display its resolution: by X resources, and as the manager of its XSETTINGS unless another
 * program is that, or becomes it.
 */
import { withDeadline } from "../base/deadline.ts";
import type { Logger } from "../base/log.ts";
import type { X11Connection } from "../x11/connection.ts";
import { encodeXsettings } from "../x11/xsettings.ts";
import { mergeResources, resourcesOf, xsettingsOf } from "./desktop-scale.ts";

const timeoutMs = 2_000;

/** For one display. */
export class ToolkitSettings {
  readonly #connection: X11Connection;
  readonly #log: Logger;
  readonly #stop: () => void;
  /** The manager's window; `"unclaimed"` before the first try, `undefined` where another program is the manager. */
  #manager: number | "unclaimed" | undefined = "unclaimed";
  #serial = 0;
  #dpi: number | undefined;

  constructor(connection: X11Connection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
    this.#stop = connection.onEvent((event) => {
      if (event.kind !== "selection-clear" || event.owner !== this.#manager)
        return;
      this.#manager = undefined;
      this.#log.info("another program manages the XSETTINGS now");
    });
  }

  /** What was told last, in dots per inch. */
  get dpi(): number | undefined {
    return this.#dpi;
  }

  /**
   * Returns when the server has them: whoever asks it afterwards finds these.
   * @throws StreamSpaceError `closed`, `timeout`.
   */
  async apply(dpi: number): Promise<void> {
    if (dpi === this.#dpi) return;
    await withDeadline(this.#apply(dpi), {
      timeoutMs,
      what: "the settings of the desktop",
    });
    this.#dpi = dpi;
  }

  close(): void {
    this.#stop();
  }

  async #apply(dpi: number): Promise<void> {
    const { settings } = this.#connection;
    const resources = await settings.readResources();
    settings.writeResources(mergeResources(resources, resourcesOf(dpi)));
    if (this.#manager === "unclaimed")
      this.#manager = await settings.claimManager();
    if (this.#manager !== undefined) {
      this.#serial += 1;
      const text = encodeXsettings(this.#serial, xsettingsOf(dpi));
      settings.publish(this.#manager, text);
    }
    // What has no reply may still be on its way while a program that starts now asks already.
    await this.#connection.ping(timeoutMs);
  }
}
