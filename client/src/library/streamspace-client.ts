/**
 * The library: a session in somebody else's page. Types: `api.ts`.
 */
import { addressOf } from "./address.ts";
import type { StreamSpaceClientConstructor } from "./api.ts";
import { SessionClient } from "./session-client.ts";

/** Makes a session for a page that has no styles for it; see `StreamSpaceClient` in `api.ts`. */
export const StreamSpaceClient: StreamSpaceClientConstructor = class extends SessionClient {
  constructor(options: ConstructorParameters<StreamSpaceClientConstructor>[0]) {
    const url = addressOf(options.url, location.href);
    const token =
      options.token ??
      new URLSearchParams(url.hash.slice(1)).get("token") ??
      undefined;
    const { codec, transport, quality, muted, volume, name } = options;
    super({
      url: url.href,
      token: () => token,
      codec,
      ...(transport === undefined ? {} : { transport }),
      quality,
      muted,
      volume,
      sharing: { name },
    });
    Object.assign(this.stage.style, {
      position: "relative",
      width: "100%",
      height: "100%",
      touchAction: "none",
      userSelect: "none",
    });
    Object.assign(this.picture.element.style, {
      display: "block",
      width: "100%",
      height: "100%",
      objectFit: "contain",
    });
    this.on("state", ({ kind }) => {
      // None where the pointer is in the picture.
      this.stage.style.cursor =
        kind === "connected" ? "var(--remote-cursor, none)" : "";
    });
  }
};
