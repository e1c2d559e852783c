/**
 * What somebody who may not act can bring about: every message of the protocol, by every way it can come.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  clientMessage,
  inputMessage,
  type ClientMessage,
} from "../../../signaling/protocol.ts";
import { messageRights } from "../../../signaling/viewer-access.ts";
import type { OpenFeature } from "../../../signaling/viewer-feature.ts";
import { SharingWorld, type SharingViewer } from "../../fakes/sharing-world.ts";

type Type = ClientMessage["type"];

/** Read from the schema, so that a message that nobody has thought of here fails the test. */
const allTypes = clientMessage.options.map(
  (option) => option.entries.type.literal,
);
const inputTypes = inputMessage.options.map(
  (option) => option.entries.type.literal,
);

/** A valid message of each kind; the arguments are the ids of the controller and of another looker. */
const samples: {
  readonly [T in Type]: (
    viewer: string,
    another: string,
  ) => Omit<Extract<ClientMessage, { type: T }>, "type">;
} = {
  hello: () => ({ version: 1, token: "right", videoCodecs: [] }),
  answer: () => ({ negotiation: 99, sdp: "v=0" }),
  candidate: () => ({ negotiation: 99, candidate: null }),
  restart: () => ({}),
  ping: () => ({ id: 1 }),
  pong: () => ({ id: 1 }),
  motion: () => ({ seq: 1, x: 5, y: 6 }),
  button: () => ({ seq: 2, button: 1, pressed: true, x: 5, y: 6 }),
  wheel: () => ({ seq: 3, dx: 0, dy: 1, x: 5, y: 6 }),
  key: () => ({ seq: 4, keysym: 97, code: "KeyA", pressed: true }),
  "release-all": () => ({ seq: 5 }),
  "bulk-ack": () => ({ transfer: 1, bytes: 1 }),
  "bulk-end": () => ({ transfer: 1, reason: "cancelled" }),
  "control-request": () => ({}),
  "control-give": (_viewer, another) => ({ viewer: another }),
  "control-take": () => ({}),
  "control-release": () => ({}),
  "control-deny": (viewer) => ({ viewer }),
  kick: (viewer) => ({ viewer }),
  rename: () => ({ name: "Ann" }),
  "share-link": () => ({}),
};

/**
 * What comes of it when somebody sends it who may not act: `own`: something that concerns the sender alone; `refused`:
 * an error; `silent`: nothing at all; `feature`: the feature is given it and decides by itself.
 */
const outcomes: Readonly<
  Record<Type, "own" | "refused" | "silent" | "feature">
> = {
  hello: "own",
  answer: "own",
  candidate: "own",
  restart: "own",
  ping: "own",
  pong: "own",
  motion: "silent",
  button: "refused",
  wheel: "refused",
  key: "refused",
  "release-all": "silent",
  "bulk-ack": "own",
  "bulk-end": "own",
  "control-request": "refused",
  "control-give": "refused",
  "control-take": "refused",
  "control-release": "silent",
  "control-deny": "silent",
  kick: "refused",
  rename: "own",
  "share-link": "refused",
};

/** Stands for every feature there will be: takes whatever is let through to it. */
let reached: string[];
const everyFeature: OpenFeature = (viewer) => ({
  handlers: Object.fromEntries(
    allTypes.map((type) => [
      type,
      () => {
        reached.push(`${viewer.viewerId} ${type}`);
      },
    ]),
  ),
  close: () => undefined,
});

let world: SharingWorld;
let controller: SharingViewer;
let looker: SharingViewer;
let another: SharingViewer;

beforeEach(() => {
  vi.useFakeTimers();
  reached = [];
  world = new SharingWorld({ features: [everyFeature] });
  controller = world.come("right");
  looker = world.come("look");
  another = world.come("look");
});
afterEach(() => {
  world.close();
  vi.useRealTimers();
});

function sampleOf(type: Type): string {
  return JSON.stringify({ type, ...samples[type](controller.id, another.id) });
}

/** What of the session somebody else than the looker would notice. */
function othersSee(): unknown {
  return {
    // The end of its own visit is no act.
    seats: world.host.seats.map(({ calls }) =>
      calls.filter((call) => call !== "close"),
    ),
    open: controller.viewer.isOpen,
    control: controller.mayControl,
    closes: [...controller.socket.closes],
    told: controller.socket.sent
      .filter(({ type }) => type !== "presence")
      .map(({ type }) => type),
  };
}

describe("each message of the protocol", () => {
  it.each(allTypes)("has its needs decided: %s", (type) => {
    expect(Object.keys(messageRights)).toContain(type);
    expect(Object.keys(outcomes)).toContain(type);
    expect(Object.keys(samples)).toContain(type);
  });

  it("is all there is to decide about", () => {
    expect(Object.keys(messageRights).sort()).toEqual([...allTypes].sort());
  });
});

describe("somebody with the viewer token", () => {
  it.each(allTypes)("brings about nothing by the WebSocket: %s", (type) => {
    const before = othersSee();
    looker.viewer.onText(sampleOf(type));
    expect(othersSee()).toEqual(before);
    const errors = looker.errors(type).length;
    switch (outcomes[type]) {
      case "refused":
        expect(errors).toBe(1);
        expect(looker.viewer.isOpen).toBe(true);
        break;
      case "silent":
        expect(errors).toBe(0);
        break;
      case "own":
      case "feature":
        break;
    }
    if (messageRights[type] !== "anyone")
      expect(reached).not.toContain(`${looker.id} ${type}`);
  });

  it.each(allTypes)("brings about nothing by a data channel: %s", (type) => {
    const before = othersSee();
    looker.peer?.options.listener.onInput(sampleOf(type));
    expect(othersSee()).toEqual(before);
    expect(reached).toEqual([]);
    const isInput = (inputTypes as readonly string[]).includes(type);
    // What is no input makes no sense there, from anybody.
    expect(looker.viewer.isOpen).toBe(isInput);
  });

  it("brings about nothing by binary messages", () => {
    const before = othersSee();
    for (let transfer = 0; transfer < 20; transfer += 1) {
      const frame = new Uint8Array(100);
      new DataView(frame.buffer).setUint32(0, transfer);
      looker.viewer.onFrame(frame);
    }
    expect(othersSee()).toEqual(before);
    expect(reached).toEqual([]);
  });

  it("learns no token", () => {
    for (const type of allTypes.filter((each) => each !== "hello"))
      looker.viewer.onText(sampleOf(type));
    expect(JSON.stringify(looker.socket.sent)).not.toContain("the-token-of");
  });

  it("makes the others' encoder start anew no more than some times", async () => {
    const made = world.host.peers.length;
    for (let count = 0; count < 600; count += 1) {
      looker.say({ type: "restart" });
      await vi.advanceTimersByTimeAsync(100);
      world.clock.advance(100);
    }
    // A minute: six at once, and one in 5 s.
    expect(world.host.peers.length - made).toBeLessThanOrEqual(18);
    expect(world.host.peers.length - made).toBeGreaterThan(6);
    expect(looker.viewer.isOpen).toBe(true);
  });
});

describe("a controller who does not hold control", () => {
  beforeEach(() => {
    world.close();
    world = new SharingWorld({
      features: [everyFeature],
      rules: { mode: "exclusive" },
    });
    controller = world.come("right");
    looker = world.come("right");
  });

  const needControl = allTypes.filter(
    (type) => messageRights[type] === "control",
  );

  it.each(needControl)("brings about nothing by the WebSocket: %s", (type) => {
    const before = othersSee();
    looker.viewer.onText(sampleOf(type));
    expect(othersSee()).toEqual(before);
    expect(reached).toEqual([]);
    if (outcomes[type] === "refused")
      expect(looker.errors(type)).toMatchObject([{ error: "no-control" }]);
  });

  it.each(inputTypes)("brings about nothing by a data channel: %s", (type) => {
    const before = othersSee();
    looker.peer?.options.listener.onInput(sampleOf(type));
    expect(othersSee()).toEqual(before);
  });
});

describe("a controller who holds control", () => {
  it.each(inputTypes)("acts by the WebSocket: %s", (type) => {
    controller.viewer.onText(sampleOf(type));
    expect(controller.seat?.calls).toHaveLength(1);
  });

  it.each(
    allTypes.filter(
      (type) =>
        messageRights[type] === "control" &&
        !(inputTypes as readonly string[]).includes(type),
    ),
  )("reaches the feature: %s", (type) => {
    controller.viewer.onText(sampleOf(type));
    expect(reached).toEqual([`${controller.id} ${type}`]);
  });
});
