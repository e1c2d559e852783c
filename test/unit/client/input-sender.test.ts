import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  InputSender,
  type InputChannel,
} from "../../../client/src/input-sender.ts";
import {
  parseInputMessage,
  type ClientMessage,
} from "../../../signaling/protocol.ts";

class FakeChannel implements InputChannel {
  readonly label: string;
  readyState: InputChannel["readyState"] = "open";
  bufferedAmount = 0;
  readonly sent: unknown[] = [];
  #onClose: () => void = () => undefined;

  constructor(label: string) {
    this.label = label;
  }

  send(data: string): void {
    const parsed = parseInputMessage(data);
    expect(parsed.ok).toBe(true);
    if (parsed.ok) this.sent.push(parsed.message);
  }

  addEventListener(_type: "close", listener: () => void): void {
    this.#onClose = listener;
  }

  close(): void {
    this.readyState = "closed";
    this.#onClose();
  }
}

let sender: InputSender;
let motion: FakeChannel;
let input: FakeChannel;
let overSocket: ClientMessage[];

beforeEach(() => {
  vi.useFakeTimers();
  sender = new InputSender();
  motion = new FakeChannel("motion");
  input = new FakeChannel("input");
  overSocket = [];
  sender.useFallback({
    isOpen: true,
    bufferedAmount: 0,
    send: (message) => overSocket.push(message),
  });
});
afterEach(() => {
  sender.close();
  vi.useRealTimers();
});

function openChannels(): void {
  sender.useChannel(motion);
  sender.useChannel(input);
}

const at = (x: number, y: number) => ({ x, y });

describe("input", () => {
  it("is numbered across its channels", () => {
    openChannels();
    sender.motion(at(1, 2));
    sender.button({ button: 1, pressed: true }, at(3, 4));
    sender.key(0x61, "KeyA", true);
    sender.wheel({ dx: 0, dy: -1 }, at(3, 4));
    sender.releaseAll();
    expect(motion.sent).toEqual([{ type: "motion", seq: 1, x: 1, y: 2 }]);
    expect(input.sent).toEqual([
      { type: "button", seq: 2, button: 1, pressed: true, x: 3, y: 4 },
      { type: "key", seq: 3, keysym: 0x61, code: "KeyA", pressed: true },
      { type: "wheel", seq: 4, dx: 0, dy: -1, x: 3, y: 4 },
      { type: "release-all", seq: 5 },
    ]);
    expect(overSocket).toEqual([]);
  });

  it("travels over the WebSocket until the channels are open", () => {
    sender.motion(at(1, 1));
    sender.key(0x61, "KeyA", true);
    expect(overSocket.map(({ type }) => type)).toEqual(["motion", "key"]);
  });

  it("lets no release overtake its press when the channel opens in between", () => {
    sender.key(0x61, "KeyA", true);
    openChannels();
    sender.key(0x61, "KeyA", false);
    expect(overSocket).toHaveLength(2);
    vi.advanceTimersByTime(300);
    sender.key(0x62, "KeyB", true);
    expect(input.sent).toHaveLength(1);
  });

  it("releases everything when its channel is lost", () => {
    const onPathLost = vi.fn(() => {
      sender.releaseAll();
    });
    sender.onPathLost = onPathLost;
    openChannels();
    input.close();
    expect(onPathLost).toHaveBeenCalledOnce();
    expect(overSocket).toEqual([{ type: "release-all", seq: 1 }]);
  });
});

describe("pointer motion", () => {
  it("waits while its channel is full, and then sends only the last position", () => {
    openChannels();
    motion.bufferedAmount = 20_000;
    sender.motion(at(1, 1));
    sender.motion(at(2, 2));
    vi.advanceTimersByTime(100);
    expect(motion.sent).toEqual([]);
    motion.bufferedAmount = 0;
    vi.advanceTimersByTime(10);
    expect(motion.sent).toEqual([{ type: "motion", seq: 1, x: 2, y: 2 }]);
  });

  it("is at most one message in two milliseconds", () => {
    openChannels();
    for (let x = 0; x < 100; x += 1) sender.motion(at(x, 0));
    vi.advanceTimersByTime(5);
    expect(motion.sent).toEqual([
      { type: "motion", seq: 1, x: 0, y: 0 },
      { type: "motion", seq: 2, x: 99, y: 0 },
    ]);
  });

  it("repeats the last position once, with its number, for the case that it was lost", () => {
    openChannels();
    sender.motion(at(5, 6));
    vi.advanceTimersByTime(1_000);
    const message = { type: "motion", seq: 1, x: 5, y: 6 };
    expect(motion.sent).toEqual([message, message]);
  });

  it("is not repeated after a button that says the position itself", () => {
    openChannels();
    sender.motion(at(5, 6));
    sender.button({ button: 1, pressed: true }, at(5, 6));
    vi.advanceTimersByTime(1_000);
    expect(motion.sent).toHaveLength(1);
  });
});
