/**
 * A session with real sharing and any number of viewers, whose sockets and peers are a test's.
 */
import {
  Sharing,
  type SharingOptions,
} from "../../signaling/features/sharing.ts";
import type {
  ClientMessage,
  CloseReason,
  ServerMessage,
} from "../../signaling/protocol.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";
import { Viewer } from "../../signaling/viewer.ts";
import { recordingLog } from "./logs.ts";
import { ManualClock } from "./manual-clock.ts";
import type { RecordingSeat } from "./recording-seat.ts";
import { FakeHost, FakeViewerSocket, type FakePeer } from "./viewer-world.ts";

/** One viewer of the session. */
export class SharingViewer {
  readonly viewer: Viewer;
  readonly socket = new FakeViewerSocket();
  readonly #host: FakeHost;

  constructor(
    host: FakeHost,
    clock: ManualClock,
    hello: Readonly<Record<string, unknown>>,
  ) {
    this.#host = host;
    this.viewer = new Viewer({
      host,
      socket: this.socket,
      clock,
      log: recordingLog().log,
    });
    this.say({ type: "hello", version: 1, videoCodecs: ["h264"], ...hello });
    this.seat = host.seats.at(-1);
    this.peer = host.peers.at(-1);
  }

  /** Of the latest viewer that came in. */
  readonly seat: RecordingSeat | undefined;
  readonly peer: FakePeer | undefined;

  get id(): string {
    return this.viewer.id;
  }

  /** The secret of its welcome. */
  get resume(): string {
    return this.socket.of("welcome")[0]?.resume ?? "";
  }

  get mayControl(): boolean | undefined {
    return this.socket.of("control").at(-1)?.yours;
  }

  say(message: unknown): void {
    this.viewer.onText(JSON.stringify(message));
  }

  /** Presses a key, by the WebSocket or a data channel. @returns whether it was pressed. */
  types(path: "socket" | "channel" = "socket"): boolean {
    const key = { type: "key", keysym: 97, code: "KeyA", pressed: true };
    const text = JSON.stringify({ ...key, seq: this.#host.places });
    const before = this.seat?.calls.length ?? 0;
    if (path === "socket") this.viewer.onText(text);
    else this.peer?.options.listener.onInput(text);
    return this.seat?.calls.slice(before).includes("key 97 KeyA down") ?? false;
  }

  errors(about: ClientMessage["type"]): ServerMessage[] {
    return this.socket.of("error").filter((each) => each.about === about);
  }

  leave(reason: CloseReason = "normal"): void {
    this.viewer.close(reason);
  }
}

/** See the module's description. */
export class SharingWorld {
  readonly clock = new ManualClock();
  readonly host = new FakeHost();
  readonly sharing: Sharing;
  readonly #viewers: SharingViewer[] = [];

  constructor(
    options: {
      rules?: Partial<SharingOptions["rules"]>;
      places?: Partial<SharingOptions["places"]>;
      pointers?: boolean;
      features?: readonly OpenFeature[];
    } = {},
  ) {
    this.sharing = new Sharing({
      rules: {
        mode: "shared",
        allowViewers: false,
        requestTimeoutMs: 60_000,
        ...options.rules,
      },
      places: { maxViewers: 8, maxControllers: 8, ...options.places },
      pointers: options.pointers ?? false,
      viewerToken: "the-token-of-lookers",
      clock: this.clock,
      log: recordingLog().log,
    });
    this.host.admit = this.sharing.admit;
    this.host.features = [this.sharing.open, ...(options.features ?? [])];
  }

  /** @param token `right` is a controller's, `look` a looker's. */
  come(
    token: "right" | "look",
    hello: Readonly<Record<string, unknown>> = {},
  ): SharingViewer {
    const viewer = new SharingViewer(this.host, this.clock, {
      token,
      ...hello,
    });
    this.#viewers.push(viewer);
    return viewer;
  }

  close(): void {
    for (const viewer of this.#viewers) viewer.leave();
    this.sharing.close();
  }
}
