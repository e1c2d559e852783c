/**
 * What somebody who may not act can bring about: every message of the protocol, by every way it can come.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  inputMessage,
  type ClientMessage,
} from "../../../signaling/protocol.ts";
import { messageRights } from "../../../signaling/viewer-access.ts";
import type { OpenFeature } from "../../../signaling/viewer-feature.ts";
import {
  allTypes,
  messageSamples,
  sampleMessage,
} from "../../fixtures/message-samples.ts";
import { SharingWorld, type SharingViewer } from "../../fakes/sharing-world.ts";

type Type = ClientMessage["type"];

const inputTypes = inputMessage.options.map(
  (option) => option.entries.type.literal,
);

/**
 * What comes of it when somebody sends it who may not act: `own`: something that concerns the sender alone; `refused`:
 * an error; `silent`: nothing at all; `feature`: the feature is given it and decides by itself, as is seen below.
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
  "motion-relative": "silent",
  path: "silent",
  text: "refused",
  held: "silent",
  "keyboard-layout": "refused",
  quality: "refused",
  resize: "feature",
  "clipboard-put": "feature",
  "clipboard-get": "feature",
  "clipboard-ask": "own",
  "files-ask": "own",
  "files-list": "feature",
  "file-put": "feature",
  "file-get": "feature",
  "bulk-ack": "own",
  "bulk-end": "own",
  "media-start": "own",
  "media-ack": "own",
  "media-refresh": "own",
  "media-stop": "own",
  "control-request": "refused",
  "control-give": "refused",
  "control-take": "refused",
  "control-release": "silent",
  "control-deny": "silent",
  kick: "refused",
  rename: "own",
  "share-link": "refused",
  "microphone-start": "refused",
  "microphone-stop": "own",
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
  return sampleMessage(type, controller.id, another.id);
}

/** What of the session somebody else than the looker would notice. */
function othersSee(): unknown {
  return {
    // The end of its own visit is no act.
    seats: world.host.seats.map(({ calls }) =>
      calls.filter((call) => call !== "close"),
    ),
    wishes: world.host.peers
      .map(({ rates }) => rates)
      .filter((rates) =>
        Object.values(rates).some((rate) => rate !== undefined),
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
    expect(Object.keys(messageSamples)).toContain(type);
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
    const right = messageRights[type];
    if (right === "control" || right === "controller")
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
  it.each(inputTypes.filter((type) => type !== "held"))(
    "acts by the WebSocket: %s",
    (type) => {
      controller.viewer.onText(sampleOf(type));
      expect(controller.seat?.calls.length).toBeGreaterThan(0);
    },
  );

  it("lets go of what it does not name in `held`", () => {
    controller.viewer.onText(sampleOf("key"));
    controller.viewer.onText(sampleOf("held"));
    expect(controller.seat?.calls.at(-1)).toMatch(/KeyA up/);
  });

  it("chooses its quality", () => {
    controller.viewer.onText(sampleOf("quality"));
    expect(controller.peer?.rates).toEqual({
      targetBps: 100_000,
      frameRate: 5,
    });
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
