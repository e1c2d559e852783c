import { describe, expect, it } from "vitest";
import {
  hostCommandSchema,
  hostEventSchema,
  parseLine,
} from "../../../../encoders/host/control.ts";

describe("a line of the host's control", () => {
  it.each([
    { type: "setTargetBps", targetBps: 2_000_000 },
    { type: "setFps", frameRate: 30 },
    { type: "requestKeyFrame" },
  ])("is the command $type", (command) => {
    expect(parseLine(hostCommandSchema, JSON.stringify(command))).toEqual(
      command,
    );
  });

  it.each([
    "",
    "{",
    "null",
    '{"type":"setFps"}',
    '{"type":"setFps","frameRate":0}',
    '{"type":"setFps","frameRate":145}',
    '{"type":"setTargetBps","targetBps":9999}',
    '{"type":"setTargetBps","targetBps":"1e6"}',
    '{"type":"requestKeyFrame","extra":1}',
    '{"type":"shutdown"}',
  ])("is nothing where it is %j", (line) => {
    expect(parseLine(hostCommandSchema, line)).toBeUndefined();
  });

  it("is an event", () => {
    const event = { type: "resized", width: 800, height: 600 };
    expect(parseLine(hostEventSchema, JSON.stringify(event))).toEqual(event);
  });
});
