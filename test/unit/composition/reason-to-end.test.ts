import { describe, expect, it } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import {
  reasonToEnd,
  type SessionFate,
} from "../../../agent/composition/reason-to-end.ts";
import { serviceNames } from "../../../agent/composition/service-names.ts";

const missing = new StreamSpaceError("missing-element", "no x264enc");
const failed = new StreamSpaceError("spawn-failed", "it did not start");

/** A session with an application in `state`, and a video service for each of `errors`. */
function fate(of: {
  onApplicationExit?: SessionFate["onApplicationExit"];
  application?: { name: string; reason?: string };
  errors?: readonly (StreamSpaceError | undefined)[];
  explicitFailure?: StreamSpaceError;
  wasReady?: boolean;
}): SessionFate {
  const { application = { name: "running" }, errors = [undefined] } = of;
  const names = errors.map((_, index) => `video-${index}`);
  return {
    onApplicationExit: of.onApplicationExit ?? "restart",
    services: {
      video: names.map((name) => ({ stream: { name } })),
    } as unknown as SessionFate["services"],
    supervisor: {
      snapshot: () => [{ name: serviceNames.application, state: application }],
      service: (name: string) => ({ startError: errors[names.indexOf(name)] }),
    } as unknown as SessionFate["supervisor"],
    catalogue: { explicitFailure: of.explicitFailure },
    wasReady: of.wasReady ?? false,
  };
}

const stopped = { name: "stopped", reason: "ended with exit code 3" };

describe("a session ends by itself", () => {
  it("with its application, where the settings say so", () => {
    expect(
      reasonToEnd(fate({ onApplicationExit: "stop", application: stopped })),
    ).toEqual({
      reason: "the application ended with exit code 3",
      isGraceful: false,
    });
  });

  it("when the encoder that was asked for does not work", () => {
    expect(reasonToEnd(fate({ explicitFailure: failed, wasReady: true }))).toBe(
      failed,
    );
  });

  it("when each of its codecs lacks an element and it never had a picture", () => {
    const second = new StreamSpaceError("missing-element", "no vp8enc");
    expect(reasonToEnd(fate({ errors: [missing, second] }))).toBe(missing);
  });
});

describe("a session goes on", () => {
  it.each([
    ["while all is well", {}],
    [
      "after its application, where the settings say so",
      { application: stopped },
    ],
    ["while its application runs", { onApplicationExit: "stop" as const }],
    [
      "when one of its codecs may come with a retry",
      { errors: [missing, failed] },
    ],
    ["when one of its codecs has not failed", { errors: [missing, undefined] }],
    ["when it has had a picture", { errors: [missing], wasReady: true }],
    ["without any video", { errors: [] }],
  ])("%s", (_, of) => {
    expect(reasonToEnd(fate(of))).toBeUndefined();
  });
});
