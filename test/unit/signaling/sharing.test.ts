import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  presenceDebounceMs,
  requestTimeoutMs,
  returnGraceMs,
} from "../../../signaling/features/sharing.ts";
import { hasPlace } from "../../../signaling/features/sharing-places.ts";
import { pointerIntervalMs } from "../../../signaling/features/sharing-pointers.ts";
import { closeCodes, type Role } from "../../../signaling/protocol.ts";
import { SharingWorld, type SharingViewer } from "../../fakes/sharing-world.ts";

let world: SharingWorld;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  world.close();
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  world.clock.advance(ms);
  await vi.advanceTimersByTimeAsync(ms);
}

const exclusive = { rules: { mode: "exclusive" } } as const;

describe("control", () => {
  it("is everybody's with the controller role, unless the settings say otherwise", () => {
    world = new SharingWorld();
    const [first, second] = [world.come("right"), world.come("right")];
    expect([first.types(), second.types()]).toEqual([true, true]);
  });

  it("exclusive: is one viewer's, by every way of input", () => {
    world = new SharingWorld(exclusive);
    const [first, second] = [world.come("right"), world.come("right")];
    expect([first.types(), second.types()]).toEqual([true, false]);
    expect([first.types("channel"), second.types("channel")]).toEqual([
      true,
      false,
    ]);
    expect(second.errors("key")).toMatchObject([
      { error: "no-control" },
      { error: "no-control" },
    ]);
  });

  it("is handed over with nothing held: keys come up before the other may act", () => {
    world = new SharingWorld(exclusive);
    const [first, second] = [world.come("right"), world.come("right")];
    first.types();
    second.say({ type: "control-request" });
    expect(first.socket.of("control").at(-1)).toMatchObject({
      requests: [second.id],
      decides: [second.id],
      yours: true,
    });
    expect(second.socket.of("control").at(-1)).toMatchObject({ decides: [] });
    first.say({ type: "control-give", viewer: second.id });
    expect(first.seat?.calls).toEqual(["key 97 KeyA down", "release all"]);
    expect([first.types(), second.types()]).toEqual([false, true]);
    expect(second.socket.of("control-notice")).toEqual([
      { type: "control-notice", event: "granted", by: first.id },
    ]);
  });

  it("is not lost a second time by the key that comes up late, and nothing is said of it", () => {
    world = new SharingWorld(exclusive);
    const [first, second] = [world.come("right"), world.come("right")];
    first.types();
    second.say({ type: "control-take" });
    first.say({
      type: "key",
      seq: 9,
      keysym: 97,
      code: "KeyA",
      pressed: false,
    });
    expect(first.seat?.calls.at(-1)).toBe("release all");
    expect(first.errors("key")).toEqual([]);
  });

  it("passes on by itself when its time has come", async () => {
    world = new SharingWorld(exclusive);
    const [first, second] = [world.come("right"), world.come("right")];
    second.say({ type: "control-request" });
    first.leave("timeout");
    await pass(returnGraceMs.lost - 1);
    expect(second.mayControl).toBe(false);
    await pass(1);
    expect(second.mayControl).toBe(true);
    expect(second.types()).toBe(true);
  });

  it("a request that nobody answers is over after a minute", async () => {
    world = new SharingWorld(exclusive);
    const [, second] = [world.come("right"), world.come("right")];
    second.say({ type: "control-request" });
    await pass(requestTimeoutMs);
    expect(second.socket.of("control-notice")).toEqual([
      { type: "control-notice", event: "expired" },
    ]);
  });

  it("is a looker's only where the settings and a controller say so", () => {
    world = new SharingWorld({ rules: { allowViewers: true } });
    const [controller, looker] = [world.come("right"), world.come("look")];
    expect(looker.types()).toBe(false);
    looker.say({ type: "control-request" });
    expect(looker.types()).toBe(false);
    controller.say({ type: "control-give", viewer: looker.id });
    expect(looker.types()).toBe(true);
    expect(controller.types(), "shared: nobody loses it").toBe(true);
    controller.say({ type: "control-take" });
    expect(looker.seat?.calls.at(-1)).toBe("release all");
    expect(looker.types()).toBe(false);
    looker.say({ type: "kick", viewer: controller.id });
    expect(looker.errors("kick")).toMatchObject([{ error: "not-allowed" }]);
  });

  it("wishes without end are not granted", () => {
    world = new SharingWorld(exclusive);
    const [first, second] = [world.come("right"), world.come("right")];
    for (let count = 0; count < 100; count += 1) {
      first.say({ type: "control-take" });
      second.say({ type: "control-take" });
    }
    const told = first.socket.of("control").length;
    expect(told).toBeLessThan(50);
    expect(first.errors("control-take").length).toBeGreaterThan(50);
    expect(first.viewer.isOpen).toBe(true);
  });
});

describe("a viewer that comes back", () => {
  async function lose(viewer: SharingViewer, ms: number): Promise<void> {
    viewer.leave("timeout");
    await pass(ms);
  }

  it("has its control again within the grace", async () => {
    world = new SharingWorld(exclusive);
    const [first, second] = [world.come("right"), world.come("right")];
    await lose(first, returnGraceMs.lost - 1);
    const again = world.come("right", { resume: first.resume });
    expect([again.mayControl, second.mayControl]).toEqual([true, false]);
    expect(again.types()).toBe(true);
    expect(again.resume).not.toBe(first.resume);
  });

  it("has its control again when it was loaded again", async () => {
    world = new SharingWorld(exclusive);
    const first = world.come("right");
    first.leave("normal");
    await pass(returnGraceMs.left - 1);
    const again = world.come("right", { resume: first.resume });
    expect(again.mayControl).toBe(true);
  });

  it("keeps nobody waiting for long who has said goodbye", async () => {
    world = new SharingWorld(exclusive);
    world.come("right").leave("normal");
    const next = world.come("right");
    expect(next.mayControl).toBe(false);
    await pass(returnGraceMs.left);
    expect(next.mayControl).toBe(true);
  });

  it.each([
    { what: "too late", hello: {}, ms: returnGraceMs.lost },
    {
      what: "with a wrong secret",
      hello: { resume: "x".repeat(32) },
      ms: 1_000,
    },
    { what: "with an empty secret", hello: { resume: "" }, ms: 1_000 },
  ])("has not when it comes $what", async ({ hello, ms }) => {
    world = new SharingWorld(exclusive);
    const [first, second] = [world.come("right"), world.come("right")];
    second.say({ type: "control-request" });
    await lose(first, ms);
    const again = world.come("right", { resume: first.resume, ...hello });
    expect(again.mayControl).toBe(false);
  });

  it("has not when it comes with a token of another role", async () => {
    world = new SharingWorld(exclusive);
    const first = world.come("right");
    await lose(first, 1_000);
    const again = world.come("look", { resume: first.resume });
    expect(again.mayControl).toBe(false);
    expect(again.types()).toBe(false);
  });

  it("uses its secret once", async () => {
    world = new SharingWorld(exclusive);
    const first = world.come("right");
    await lose(first, 1_000);
    const again = world.come("right", { resume: first.resume });
    const thief = world.come("right", { resume: first.resume });
    expect([again.mayControl, thief.mayControl]).toEqual([true, false]);
    expect(again.viewer.isOpen).toBe(true);
  });

  it("takes the place of its connection that the agent has not missed yet", () => {
    world = new SharingWorld({ ...exclusive, places: { maxViewers: 1 } });
    const first = world.come("right");
    first.types();
    const again = world.come("right", { resume: first.resume });
    expect(first.socket.closes).toEqual(["replaced"]);
    expect(closeCodes.replaced.retry).toBe(false);
    expect(first.seat?.calls.at(-1)).toBe("close");
    expect(again.viewer.isOpen).toBe(true);
    expect(again.mayControl).toBe(true);
  });

  it("is the same to the others", async () => {
    world = new SharingWorld();
    const other = world.come("right");
    const first = world.come("look");
    await pass(presenceDebounceMs);
    const before = other.socket.of("presence").at(-1)?.viewers[1];
    await lose(first, 5_000);
    world.come("look", { resume: first.resume });
    await pass(presenceDebounceMs);
    const after = other.socket.of("presence").at(-1)?.viewers[1];
    expect(after).toMatchObject({
      number: before?.number,
      since: before?.since,
    });
  });
});

describe("presence", () => {
  it("tells everybody who is here, once for a burst of changes", async () => {
    world = new SharingWorld();
    const ann = world.come("right", { name: " Ann\u202e " });
    world.come("look");
    world.come("look", { name: "Bob" });
    await pass(presenceDebounceMs);
    expect(ann.socket.of("presence")).toHaveLength(1);
    expect(ann.socket.of("presence")[0]?.viewers).toMatchObject([
      {
        id: ann.id,
        number: 1,
        name: "Ann",
        role: "controller",
        controls: true,
        transport: "websocket",
        since: new Date(
          world.clock.wallMs() - presenceDebounceMs,
        ).toISOString(),
      },
      { number: 2, name: "", role: "viewer", controls: false },
      { number: 3, name: "Bob", role: "viewer", controls: false },
    ]);
  });

  it("numbers viewers by the lowest that nobody has, nor may come back to", async () => {
    world = new SharingWorld();
    const watcher = world.come("right");
    const numbers = async (): Promise<number[] | undefined> => {
      await pass(presenceDebounceMs);
      const told = watcher.socket.of("presence").at(-1);
      return told?.viewers.map(({ number }) => number);
    };
    const [first, second] = [world.come("right"), world.come("right")];
    expect(await numbers()).toEqual([1, 2, 3]);
    first.leave();
    world.come("right");
    expect(await numbers()).toEqual([1, 3, 4]); // The second may come back.
    second.leave();
    await pass(returnGraceMs.left);
    world.come("right");
    world.come("right");
    expect(await numbers()).toEqual([1, 4, 2, 3]);
  });

  it("follows names, transports and control", async () => {
    world = new SharingWorld(exclusive);
    const [ann, bob] = [world.come("right"), world.come("right")];
    await pass(presenceDebounceMs);
    bob.say({ type: "rename", name: "Bob" });
    bob.say({ type: "control-take" });
    bob.peer?.options.listener.onState("connected");
    await pass(presenceDebounceMs);
    expect(ann.socket.of("presence")).toHaveLength(2);
    expect(ann.socket.of("presence")[1]?.viewers).toMatchObject([
      { name: "", controls: false, transport: "websocket" },
      { name: "Bob", controls: true, transport: "webrtc" },
    ]);
    bob.leave();
    await pass(presenceDebounceMs);
    expect(ann.socket.of("presence").at(-1)?.viewers).toHaveLength(1);
  });
});

describe("places", () => {
  const looker: Role = "viewer";
  const controller: Role = "controller";
  it.each([
    { present: [], role: looker, free: true },
    { present: [looker], role: looker, free: true },
    { present: [looker, looker], role: looker, free: false },
    { present: [looker, looker], role: controller, free: true },
    { present: [looker, controller], role: controller, free: true },
    { present: [controller, controller], role: controller, free: false },
    { present: [controller, controller], role: looker, free: true },
    { present: [looker, looker, controller], role: controller, free: false },
  ])("of three: $present, and a $role comes: $free", (given) => {
    world = new SharingWorld();
    const limits = { maxViewers: 3, maxControllers: 2 };
    expect(hasPlace(limits, given.present, given.role)).toBe(given.free);
  });

  it("are given back by those who leave", () => {
    world = new SharingWorld({ places: { maxViewers: 2 } });
    const first = world.come("look");
    const second = world.come("look");
    expect(second.socket.closes).toEqual(["full"]);
    first.leave();
    first.leave();
    expect(world.come("look").viewer.isOpen).toBe(true);
    expect(world.come("look").viewer.isOpen).toBe(false);
  });
});

describe("a controller", () => {
  it("sends others away, who do not come back by themselves nor to their place", () => {
    world = new SharingWorld(exclusive);
    const [first, second] = [world.come("right"), world.come("right")];
    second.say({ type: "kick", viewer: first.id });
    expect(first.socket.closes).toEqual(["kicked"]);
    expect(closeCodes.kicked.retry).toBe(false);
    expect(first.seat?.calls).toEqual(["release all", "close"]);
    expect(second.mayControl).toBe(true);
    const again = world.come("right", { resume: first.resume });
    expect(again.mayControl).toBe(false);
  });

  it.each(["itself", "nobody"])("cannot send %s away", (whom) => {
    world = new SharingWorld();
    const viewer = world.come("right");
    const id = whom === "itself" ? viewer.id : "somebody-who-is-not-here";
    viewer.say({ type: "kick", viewer: id });
    expect(viewer.errors("kick")).toMatchObject([{ error: "not-allowed" }]);
    expect(viewer.viewer.isOpen).toBe(true);
  });

  it("is given the token for lookers", () => {
    world = new SharingWorld();
    const viewer = world.come("right");
    viewer.say({ type: "share-link" });
    expect(viewer.socket.of("share-link")).toEqual([
      { type: "share-link", token: "the-token-of-lookers" },
    ]);
  });
});

describe("pointers", () => {
  it("are nobody's business unless the settings say so", async () => {
    world = new SharingWorld();
    const [first, second] = [world.come("right"), world.come("look")];
    second.say({ type: "motion", seq: 1, x: 5, y: 6 });
    await pass(1_000);
    expect(first.socket.of("pointers")).toEqual([]);
  });

  it("are shown to the others, those of lookers too, the latest place 20 times a second", async () => {
    world = new SharingWorld({ pointers: true });
    const [first, second] = [world.come("right"), world.come("look")];
    for (let ms = 0; ms < 1_000; ms += 5) {
      second.say({ type: "motion", seq: ms, x: ms, y: 6 });
      await pass(5);
    }
    await pass(pointerIntervalMs);
    const told = first.socket.of("pointers");
    expect(told.length).toBeLessThanOrEqual(20);
    expect(told.length).toBeGreaterThan(15);
    expect(told.at(-1)?.viewers).toEqual([{ id: second.id, x: 995, y: 6 }]);
    expect(second.socket.of("pointers"), "its own").toEqual([]);
    expect(second.seat?.calls).toEqual([]);
  });

  it("of those who have left are forgotten", async () => {
    world = new SharingWorld({ pointers: true });
    const [first, second] = [world.come("right"), world.come("look")];
    second.say({ type: "motion", seq: 1, x: 1, y: 1 });
    second.leave();
    await pass(pointerIntervalMs);
    expect(first.socket.of("pointers")).toEqual([]);
  });
});
