import { describe, expect, it } from "vitest";
import {
  descendants,
  roleOf,
  timeByRole,
} from "../../bench/session/process-table.ts";
import { sessionTables } from "../../bench/session/report.ts";
import { formatTables } from "../../bench/tables.ts";

const size = { width: 1280, height: 720 };

describe("processes of a session", () => {
  it("are named by what they do", () => {
    const commands = {
      "node /x/agent/cli/main.ts run": "agent",
      "node --max-old-space-size=64 /x/encoders/host/main.ts {} appsrc":
        "host child",
      "gst-launch-1.0 -q rtpbin ximagesrc ! x264enc": "video by gst-launch",
      "gst-launch-1.0 -q rtpbin pulsesrc ! opusenc": "audio child",
      "Xvfb :99 -screen 0": "Xvfb",
      "/usr/bin/openbox --config-file /x": "window manager",
      "pulseaudio -n": "pulseaudio",
      "/bin/sh /x/guard.sh": "guard",
      "sleep infinity": "other",
    };
    for (const [command, role] of Object.entries(commands))
      expect(roleOf(command), command).toBe(role);
  });

  it("are the agent and all that descends from it", () => {
    const processes = [
      { pid: 1, parentPid: 0 },
      { pid: 12, parentPid: 11 },
      { pid: 10, parentPid: 1 },
      { pid: 11, parentPid: 10 },
      { pid: 20, parentPid: 1 },
    ];
    expect(descendants(processes, 10)).toEqual([10, 11, 12]);
  });

  it("add up by role, new ones from their start", () => {
    const before = [{ pid: 1, role: "agent", cpuMs: 100 }];
    const after = [
      { pid: 1, role: "agent", cpuMs: 130 },
      { pid: 2, role: "other", cpuMs: 4 },
      { pid: 3, role: "other", cpuMs: 6 },
    ];
    expect([...timeByRole(before, after)]).toEqual([
      ["agent", 30],
      ["other", 10],
    ]);
  });
});

describe("tables of the session benchmark", () => {
  it("compare viewers with one viewer, by the cost of a frame", () => {
    const one = {
      size,
      viewers: 1,
      codec: "h264",
      shares: [{ role: "agent", percent: 20 }],
      sumPercent: 20,
      fps: 50,
      msPerFrame: 4,
    };
    const four = { ...one, viewers: 4, msPerFrame: 5 };
    const text = formatTables(sessionTables({ viewers: [one, four] }), {
      markdown: false,
    });
    expect(text.split("\n").slice(1)).toEqual([
      "viewers  agent   sum  frames/s  ms a frame     ×",
      "      1   20.0  20.0      50.0        4.00  1.00",
      "      4   20.0  20.0      50.0        5.00  1.25",
    ]);
  });

  it("end the idle session with its sum", () => {
    const shares = [
      { role: "agent", percent: 0.25 },
      { role: "Xvfb", percent: 0.125 },
    ];
    const [table] = sessionTables({
      idle: { size, seconds: 20, shares, sumPercent: 0.375 },
    });
    expect(table?.rows.at(-1)).toEqual(["sum", "0.375"]);
  });
});
