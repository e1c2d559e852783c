import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import fc from "fast-check";
import {
  InputSender,
  partsOf,
  type InputChannel,
} from "../../../client/src/input-sender.ts";
import { thin } from "../../../client/src/motion-sender.ts";
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

describe("a page that hears of no keys any more", () => {
  beforeEach(() => {
    openChannels();
    sender.key(0x61, "KeyA", true);
    sender.mayHold = () => false;
  });

  const types = (): unknown[] =>
    input.sent.map((message) => (message as { type: string }).type);

  it("says no longer that they are held, and lets go of them", () => {
    vi.advanceTimersByTime(5_000);
    expect(types()).toEqual(["key", "release-all"]);
    expect(sender.isHolding).toBe(false);
  });

  it("leaves it to who knows of more that is held", () => {
    sender.onDeaf = () => {
      sender.releaseAll();
    };
    vi.advanceTimersByTime(5_000);
    expect(types()).toEqual(["key", "release-all"]);
  });
});

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

describe("a locked pointer", () => {
  it("sends the sum of its distances, and both ends agree after a new connection", () => {
    openChannels();
    sender.motionBy(3.5, -2);
    sender.motionBy(1.5, -2);
    vi.advanceTimersByTime(5);
    expect(motion.sent).toEqual([
      { type: "motion-relative", seq: 1, x: 3, y: -2 },
      { type: "motion-relative", seq: 2, x: 5, y: -4 },
    ]);
    sender.useFallback({
      isOpen: true,
      bufferedAmount: 0,
      send: () => undefined,
    });
    sender.motionBy(1, 1);
    vi.advanceTimersByTime(5);
    expect(motion.sent.at(-1)).toMatchObject({ x: 1, y: 1 });
  });

  it("has arrived where a button is pressed", () => {
    openChannels();
    sender.motionBy(1, 1);
    sender.motionBy(9, 9);
    sender.button({ button: 1, pressed: true });
    expect(input.sent).toEqual([
      { type: "motion-relative", seq: 2, x: 10, y: 10 },
      { type: "button", seq: 3, button: 1, pressed: true },
    ]);
  });
});

describe("a drawing", () => {
  it("sends every place, before the button that ends it", () => {
    openChannels();
    sender.path([at(1, 2), at(3, 4)]);
    sender.path([at(5, 6)]);
    sender.button({ button: 1, pressed: false }, at(5, 6));
    expect(
      input.sent.map((message) => (message as { type: string }).type),
    ).toEqual(["path", "button"]);
    expect(input.sent[0]).toEqual({
      ...{ type: "path", seq: 1, points: [1, 2, 3, 4, 5, 6] },
    });
  });

  it("is cut into messages of the protocol's size", () => {
    openChannels();
    sender.path(Array.from({ length: 150 }, (_, x) => at(x, 0)));
    vi.advanceTimersByTime(10);
    expect(
      input.sent.map(
        (message) => (message as { points: number[] }).points.length,
      ),
    ).toEqual([128, 128, 44]);
  });

  it("is thinned where it cannot leave, and keeps its end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (places) => {
        const path = Array.from({ length: places }, (_, x) => [x, x]).flat();
        thin(path, 128);
        expect(path.length).toBeLessThanOrEqual(128);
        expect(path.at(-1)).toBe(places - 1);
        expect(path.length % 2).toBe(0);
      }),
    );
  });
});

describe("what is held", () => {
  it("is said once a second, until it is let go", () => {
    openChannels();
    sender.key(0x61, "KeyA", true);
    sender.button({ button: 3, pressed: true }, at(1, 1));
    vi.advanceTimersByTime(2_000);
    const beats = input.sent.slice(2);
    expect(beats).toMatchObject([
      { type: "held", codes: ["KeyA"], buttons: [3] },
      { type: "held", codes: ["KeyA"], buttons: [3] },
    ]);
    sender.key(0x61, "KeyA", false);
    sender.button({ button: 3, pressed: false }, at(1, 1));
    vi.advanceTimersByTime(10_000);
    expect(input.sent).toHaveLength(6);
  });

  it("is repeated neither faster than a key repeats nor into a full channel", () => {
    openChannels();
    for (let repeat = 0; repeat < 100; repeat += 1) {
      sender.key(0x61, "KeyA", true);
      vi.advanceTimersByTime(5);
    }
    expect(input.sent.length).toBeLessThanOrEqual(18);
    input.bufferedAmount = 1;
    const before = input.sent.length;
    vi.advanceTimersByTime(100);
    sender.key(0x61, "KeyA", true);
    expect(input.sent).toHaveLength(before);
  });
});

describe("text", () => {
  it("is cut between characters, and loses nothing but control characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 400 }), (text) => {
        const parts = [...partsOf(text, 16)];
        /* eslint-disable no-control-regex -- what the protocol does not carry */
        const kept = text
          .replace(/\r\n?/g, "\n")
          .replace(/[\0-\x08\x0b-\x1f\x7f]/g, "");
        /* eslint-enable no-control-regex */
        expect(parts.join("")).toBe(kept);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(16);
          expect(part.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it("is a message that the agent takes", () => {
    openChannels();
    sender.text(`${"漢".repeat(300)}\u0007\r\n`);
    expect(input.sent).toHaveLength(2);
  });
});
