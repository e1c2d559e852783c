/**
 * The environment of the session's children.
 */
import { expect, test } from "vitest";
import { childEnvironment } from "../../../agent/session/child-environment.ts";

const session = {
  display: ":7",
  xauthority: "/run/x/Xauthority",
  pulseServer: "unix:/run/x/native",
  timezone: undefined,
};

test("holds what the agent was given, and the session's display and sound", () => {
  expect(childEnvironment({ PATH: "/bin", LANG: "C" }, session)).toEqual({
    PATH: "/bin",
    LANG: "C",
    DISPLAY: ":7",
    XAUTHORITY: "/run/x/Xauthority",
    PULSE_SERVER: "unix:/run/x/native",
  });
});

test("keeps the X authority of a display that was there before", () => {
  expect(
    childEnvironment(
      { XAUTHORITY: "/home/u/.Xauthority" },
      {
        ...session,
        xauthority: undefined,
      },
    )["XAUTHORITY"],
  ).toBe("/home/u/.Xauthority");
});

test.each([
  { given: undefined, timezone: undefined, expected: undefined },
  {
    given: "Europe/Berlin",
    timezone: "Europe/Berlin",
    expected: "Europe/Berlin",
  },
  { given: undefined, timezone: "Asia/Tokyo", expected: "Asia/Tokyo" },
  { given: "No/Such", timezone: undefined, expected: "UTC" },
])(
  "TZ=$given, accepted as $timezone, becomes $expected",
  ({ given, timezone, expected }) => {
    const base = given === undefined ? {} : { TZ: given };
    expect(childEnvironment(base, { ...session, timezone })["TZ"]).toBe(
      expected,
    );
  },
);
