import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { captureTargets } from "../../../agent/cli/capture-targets.ts";
import { runChecks } from "../../../agent/cli/doctor/finding.ts";
import {
  isAnswerTo,
  makeBindingRequest,
  parseIceUrl,
} from "../../../agent/cli/doctor/stun-probe.ts";
import { trialArgs } from "../../../agent/cli/doctor/trial-pipeline.ts";
import { loadConfig } from "../../../agent/config/load-config.ts";
import { idealEncoder } from "../../fixtures/encoders.ts";
import { describePipelines } from "../../../encoders/describe-pipelines.ts";

const encoder = await idealEncoder("x264enc");
const { config } = loadConfig({ flags: {}, env: {} });

describe("the trial of a pipeline", () => {
  const targets = captureTargets(config);
  const pipelines = describePipelines(config, [encoder], targets);

  it.each(pipelines)("keeps the encoder of $name as it is", (pipeline) => {
    const trial = trialArgs(pipeline.argv.slice(1));
    const from = pipeline.argv.indexOf(pipeline.encoder);
    const to = pipeline.argv.indexOf("rtp.send_rtp_sink_0");
    expect(trial.join(" ")).toContain(pipeline.argv.slice(from, to).join(" "));
    expect(trial.slice(-3)).toEqual(["fdsink", "fd=1", "async=false"]);
  });

  it.each(pipelines)("needs no display and no sound for $name", (pipeline) => {
    const trial = trialArgs(pipeline.argv.slice(1)).join(" ");
    expect(trial).not.toMatch(/ximagesrc|filesrc|fd=3/);
    expect(trial).toMatch(/testsrc num-buffers=\d+ !/);
  });

  it("encodes both streams of 5.1", () => {
    const [pipeline] = describePipelines(
      { ...config, audioChannels: 6 },
      [],
      targets,
    );
    const trial = trialArgs(pipeline?.argv.slice(1) ?? []).join(" ");
    expect(
      trial.match(/opusenc .*? ! rtpopuspay .*? ! fdsink fd=1 async=false/g),
    ).toHaveLength(2);
    expect(trial).toMatch(/ fdsink fd=1 async=false$/);
    expect(trial).not.toMatch(/rtp\.|filesrc/);
  });

  it("refuses what is no pipeline of the session", () => {
    expect(() => trialArgs(["fakesrc", "!", "fakesink"])).toThrow(
      StreamSpaceError,
    );
  });
});

describe("checks", () => {
  it("report in their order, and a throwing one as a failure with its mend", async () => {
    const findings = await runChecks(
      [
        {
          area: "slow",
          run: async () => {
            await new Promise((resolve) => setTimeout(resolve, 20));
            return [{ area: "slow", status: "ok", message: "fine" }];
          },
        },
        {
          area: "broken",
          run: () =>
            Promise.reject(
              new StreamSpaceError("missing-program", "gone", {
                mend: "Install it.",
              }),
            ),
        },
      ],
      config,
    );
    expect(findings).toEqual([
      { area: "slow", status: "ok", message: "fine" },
      { area: "broken", status: "fail", message: "gone", mend: "Install it." },
    ]);
  });
});

describe("the STUN probe", () => {
  const urls: [string, string, number, "udp" | "tcp"][] = [
    ["stun:stun.example.org", "stun.example.org", 3478, "udp"],
    ["stuns:stun.example.org", "stun.example.org", 5349, "tcp"],
    ["turn:192.0.2.1:443?transport=tcp", "192.0.2.1", 443, "tcp"],
    ["turn:turn.example.org?transport=udp", "turn.example.org", 3478, "udp"],
    ["turns:turn.example.org:443", "turn.example.org", 443, "tcp"],
    ["STUN:[2001:db8::1]:19302", "2001:db8::1", 19_302, "udp"],
  ];
  it.each(urls)("reads %s", (url, host, port, transport) => {
    expect(parseIceUrl(url)).toEqual({ host, port, transport });
  });

  it("takes success and error answers to its own request, and nothing else", () => {
    const request = makeBindingRequest();
    const answer = (type: number, to: Buffer): Buffer => {
      const message = Buffer.from(to);
      message.writeUInt16BE(type, 0);
      return message;
    };
    expect(isAnswerTo(request, answer(0x0101, request))).toBe(true);
    expect(isAnswerTo(request, answer(0x0111, request))).toBe(true);
    expect(isAnswerTo(request, request)).toBe(false);
    expect(isAnswerTo(request, answer(0x0101, makeBindingRequest()))).toBe(
      false,
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(isAnswerTo(request, Buffer.from(bytes))).toBe(false);
      }),
    );
  });
});
