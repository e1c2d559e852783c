/**
 * One viewer with its socket and its host, on a clock that the test moves together with vitest's timers.
 */
import { expect, vi } from "vitest";
import type { CloseReason, ErrorName } from "../../signaling/protocol.ts";
import { Viewer } from "../../signaling/viewer.ts";
import { recordingLog } from "./logs.ts";
import { ManualClock } from "./manual-clock.ts";
import { FakeHost, FakeViewerSocket } from "./viewer-world.ts";

/** What a viewer says first, with a token that is right. */
export const hello = {
  type: "hello",
  version: 1,
  token: "right",
  videoCodecs: ["h264"],
};
/** A key that is pressed, as its first input. */
export const key = {
  type: "key",
  seq: 1,
  keysym: 0x61,
  code: "KeyA",
  pressed: true,
};

/** See the module's description. Timers are to be fake before it is made. */
export class OneViewer {
  readonly host = new FakeHost();
  readonly socket = new FakeViewerSocket();
  readonly viewer: Viewer;
  /** Lines of its log. */
  readonly logged: readonly string[];
  readonly #clock = new ManualClock();

  constructor() {
    const { host, socket } = this;
    const { log, lines } = recordingLog();
    this.logged = lines;
    this.viewer = new Viewer({ host, socket, clock: this.#clock, log });
  }

  say(message: unknown): void {
    this.viewer.onText(JSON.stringify(message));
  }

  async pass(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await vi.advanceTimersByTimeAsync(ms);
  }

  async join(): Promise<void> {
    this.say(hello);
    await this.pass(0);
  }

  /** That it was told `error` last, and that its socket was closed for `reason`, once. */
  expectRefusal(error: ErrorName, reason: CloseReason): void {
    expect(this.socket.of("error").at(-1)).toMatchObject({ error });
    expect(this.socket.closes).toEqual([reason]);
    expect(this.viewer.isOpen).toBe(false);
  }

  /** Ends it, and expects that it leaves no timer. */
  leave(): void {
    this.viewer.close("normal");
    expect(vi.getTimerCount(), "timers left behind").toBe(0);
  }
}
