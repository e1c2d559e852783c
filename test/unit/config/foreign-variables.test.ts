import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance } from "../../../agent/config/edit-distance.ts";
import { isServiceVariable } from "../../../agent/config/foreign-variables.ts";
import { loadConfig } from "../../../agent/config/load-config.ts";

function warningsOf(env: NodeJS.ProcessEnv): readonly string[] {
  return loadConfig({ flags: {}, env }).warnings;
}

describe("an unknown STREAMSPACE_ variable", () => {
  const mistakes: [string, string][] = [
    ["STREAMSPACE_PROT", "STREAMSPACE_PORT"],
    ["STREAMSPACE_TOKENFILE", "STREAMSPACE_TOKEN_FILE"],
    ["STREAMSPACE_VIDEOBITRATE", "STREAMSPACE_VIDEO_BITRATE"],
    ["STREAMSPACE_DISPLAY_WIDTH", "DISPLAY_WIDTH"],
    ["STREAMSPACE_PUID", "PUID"],
    ["STREAMSPACE_LOGLEVEL", "STREAMSPACE_LOG_LEVEL"],
    ["STREAMSPACE_ICE_SERVER", "STREAMSPACE_ICE_SERVERS"],
  ];

  it.each(mistakes)("%s is warned about with %s", (name, nearest) => {
    const warnings = warningsOf({ [name]: "1" });
    expect(warnings).toEqual([
      `${name} is not a setting and is ignored; the nearest is ${nearest}`,
    ]);
  });

  it("does not repeat the value, which may be a mistyped secret", () => {
    expect(warningsOf({ STREAMSPACE_TOKN: "hunter2" }).join()).not.toContain(
      "hunter2",
    );
  });

  it("leaves the variables of others alone", () => {
    expect(warningsOf({ STREAM: "1", PATH: "/bin", SPACE_PORT: "1" })).toEqual(
      [],
    );
  });

  it("bounds the work that a very long name causes", () => {
    const name = `STREAMSPACE_${"X".repeat(100_000)}`;
    const [warning = ""] = warningsOf({ [name]: "1" });
    expect(warning.length).toBeLessThan(300);
  });
});

describe("the variables of a Kubernetes Service", () => {
  const ofService = {
    STREAMSPACE_SERVICE_HOST: "10.96.7.7",
    STREAMSPACE_SERVICE_PORT: "80",
    STREAMSPACE_SERVICE_PORT_HTTP: "80",
    STREAMSPACE_PORT: "tcp://10.96.7.7:80",
    STREAMSPACE_PORT_80_TCP: "tcp://10.96.7.7:80",
    STREAMSPACE_PORT_80_TCP_PROTO: "tcp",
    STREAMSPACE_PORT_80_TCP_PORT: "80",
    STREAMSPACE_PORT_80_TCP_ADDR: "10.96.7.7",
  };

  it("leave the port at its default and are explained once", () => {
    const { config, warnings } = loadConfig({ flags: {}, env: ofService });
    expect(config.port).toBe(8080);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("STREAMSPACE_PORT, ");
    expect(warnings[0]).toContain("Kubernetes");
    expect(warnings[0]).toContain("enableServiceLinks: false");
    expect(warnings[0]).toContain("rename the Service");
  });

  it("are recognised for a Service whose name only begins with streamspace", () => {
    const env = Object.fromEntries(
      Object.entries(ofService).map(([name, value]) => [
        name.replace("STREAMSPACE_", "STREAMSPACE_DESK_2_"),
        value,
      ]),
    );
    expect(warningsOf(env)).toHaveLength(1);
  });

  it("do not hide a port that a person has set", () => {
    const env = { ...ofService, STREAMSPACE_PORT: "9000" };
    expect(loadConfig({ flags: {}, env }).config.port).toBe(9000);
  });

  const others: [string, string][] = [
    ["STREAMSPACE_PORT", "8080"],
    ["STREAMSPACE_PORT", "http://10.0.0.1"],
    ["STREAMSPACE_ICE_PORT_RANGE", "50000-50100"],
    ["STREAMSPACE_HOST", "10.0.0.1"],
  ];
  it.each(others)("are not confused with %s=%s", (name, value) => {
    expect(isServiceVariable(name, value)).toBe(false);
  });
});

describe("the edit distance", () => {
  const distances: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["flaw", "lawn", 2],
  ];
  it.each(distances)("from %j to %j is %i", (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it("is a metric", () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(
          editDistance(a, b) + editDistance(b, c),
        );
      }),
    );
  });
});
