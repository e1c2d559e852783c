import { expect, test } from "vitest";
import {
  SessionEnding,
  type Ending,
} from "../../../client/src/session-ending.ts";

function ending(): { feature: SessionEnding; told: (string | undefined)[] } {
  const told: (string | undefined)[] = [];
  const feature = new SessionEnding((news: Ending | undefined) => {
    told.push(news?.kind);
  });
  return { feature, told };
}

test("a session that said so has ended, however the connection is lost, until the page is let in again", () => {
  const { feature, told } = ending();
  feature.handlers["session-ending"]?.({ type: "session-ending", inMs: 5 });
  feature.onClosed("network");
  feature.onOpen();
  expect(told).toEqual(["ending", "ended", undefined]);
});

test("a session that had no time to say so has ended, when its close code says it", () => {
  const { feature, told } = ending();
  feature.onOpen();
  feature.onClosed("goingAway");
  expect(told).toEqual(["ended"]);
  feature.onOpen();
  feature.onClosed("network");
  expect(told).toEqual(["ended", undefined]);
});
