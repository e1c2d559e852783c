import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  MediaRepair,
  repairPatience,
} from "../../../client/src/media-repair.ts";

let calls: string[];
let repair: MediaRepair;

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  repair = new MediaRepair({
    askRestart: () => calls.push("restart"),
    giveUp: () => calls.push("give up"),
  });
});
afterEach(() => {
  repair.close();
  vi.useRealTimers();
});

describe("mending the media connection", () => {
  it("gives a connection that was interrupted five seconds to come back", () => {
    repair.onPeerState("connected");
    repair.onPeerState("disconnected");
    vi.advanceTimersByTime(repairPatience.disconnectedMs - 1);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual(["restart"]);
  });

  it("does nothing where it came back by itself", () => {
    repair.onPeerState("disconnected");
    vi.advanceTimersByTime(1_000);
    repair.onPeerState("connected");
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual([]);
  });

  it("asks for a new offer at once when the connection failed", () => {
    repair.onPeerState("failed");
    expect(calls).toEqual(["restart"]);
  });

  it("asks for a new offer where the first one never connects, then gives up", () => {
    repair.begin();
    vi.advanceTimersByTime(repairPatience.connectMs);
    expect(calls).toEqual(["restart"]);
    vi.advanceTimersByTime(repairPatience.connectMs);
    expect(calls).toEqual(["restart", "give up"]);
    vi.advanceTimersByTime(60_000);
    expect(calls).toHaveLength(2);
  });

  it("may ask again after a connection came about in between", () => {
    repair.onPeerState("failed");
    repair.onPeerState("connected");
    repair.onPeerState("failed");
    expect(calls).toEqual(["restart", "restart"]);
  });
});
