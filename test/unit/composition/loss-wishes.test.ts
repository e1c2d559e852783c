import { expect, it } from "vitest";
import { LossWishes } from "../../../agent/composition/loss-wishes.ts";

it("holds the largest loss that a viewer reports, and forgets it with that viewer", () => {
  const told: number[] = [];
  const wishes = new LossWishes((percent) => told.push(percent));
  const [one, other] = [{}, {}];
  wishes.wish(one, { fecLossPercent: 10 });
  wishes.wish(other, { fecLossPercent: 25 });
  wishes.wish(one, { fecLossPercent: 0 });
  wishes.wish(one, { targetBps: 1_000 });
  wishes.wish(other, undefined);
  expect(told).toEqual([10, 25, 0]);
});

it("keeps to what can be meant", () => {
  const wishes = new LossWishes(() => undefined);
  wishes.wish({}, { fecLossPercent: 300 });
  expect(wishes.percent).toBe(100);
});
