import { ChildSpawner } from "../../base/child-process.ts";
import { systemClock } from "../../base/clock.ts";
import { encoderChoice } from "../../composition/encoder-catalogue.ts";
import {
  EncoderCatalogue,
  type CandidateReport,
} from "../../../encoders/proof/catalogue.ts";
import { withDeadline } from "../../base/deadline.ts";
import { packageWith } from "./encoder-packages.ts";
import { installedVersion } from "./gstreamer-version.ts";
import { fine, type Check, type Finding } from "./finding.ts";

/** Each candidate has its own deadline; this one holds if drivers hang at all of them. */
const proofsTimeoutMs = 60_000;
const area = "encoders";
/** Proves every candidate anew, whatever an earlier start remembers. */
export const encodersCheck: Check = {
  area,
  async run(config, signal) {
    const choice = encoderChoice(config);
    await using catalogue = new EncoderCatalogue({
      choice,
      cache: undefined,
      spawner: new ChildSpawner(),
      clock: systemClock,
    });
    catalogue.start();
    catalogue.proceed();
    await withDeadline(catalogue.complete, {
      timeoutMs: proofsTimeoutMs,
      signal,
      what: "the proofs of the encoders",
    });
    const reports = catalogue.reports();
    // What is wrong with GStreamer's tools is for their own check to say.
    const gstreamer = await installedVersion(signal).catch(() => undefined);
    return [
      ...reports.filter(({ missing }) => missing === undefined).map(findingOf),
      ...absent(reports, gstreamer),
      ...config.videoCodecs.flatMap((codec) => ofCodec(codec, reports)),
      ...(catalogue.explicitFailure === undefined
        ? []
        : [explicitFinding(catalogue.explicitFailure)]),
      ...hopeless(reports),
    ];
  },
};

function findingOf(report: CandidateReport): Finding {
  const { element, codec, state, startMs, frameMs, reason } = report;
  if (state === "proven") {
    return fine(
      area,
      `${codec}: ${element} encodes: first packet after ${startMs} ms, ${frameMs} ms a frame of 640×480`,
    );
  }
  return {
    area,
    status: "warn",
    message: `${codec}: ${element} is refused: ${reason ?? state}`,
    mend: "Run its line, which is printed by: streamspace-agent pipelines --all",
  };
}

/** One line for all that lack the same: nobody needs every encoder, so it is no fault. */
function absent(
  reports: readonly CandidateReport[],
  gstreamer: string | undefined,
): Finding[] {
  const elementsByPackage = new Map<string, string[]>();
  for (const { element, missing } of reports) {
    if (missing === undefined) continue;
    const wanted = packageWith(missing, gstreamer);
    const elements = elementsByPackage.get(wanted) ?? [];
    elementsByPackage.set(wanted, [...elements, element]);
  }
  return Array.from(elementsByPackage, ([wanted, elements]) =>
    fine(area, `not here: ${elements.join(", ")}; would need ${wanted}`),
  );
}

function ofCodec(
  codec: string,
  reports: readonly CandidateReport[],
): Finding[] {
  const ofIt = reports.filter((report) => report.codec === codec);
  if (ofIt.some(({ state }) => state === "proven")) return [];
  // H.264 and VP8 are what browsers have; of the others it is enough to know that they are not there.
  if (codec !== "h264" && codec !== "vp8")
    return [fine(area, `${codec}: no encoder here`)];
  return [
    {
      area,
      status: "warn",
      message: `${codec}: no encoder works here`,
      mend: `Install ${codec === "h264" ? "gstreamer1.0-plugins-ugly (x264enc) or gstreamer1.0-plugins-bad (openh264enc)" : packageWith("vp8enc")}`,
    },
  ];
}

function explicitFinding({
  message,
  mend,
}: {
  message: string;
  mend: string | undefined;
}): Finding {
  return {
    area,
    status: "fail",
    message,
    ...(mend === undefined ? {} : { mend }),
  };
}

function hopeless(reports: readonly CandidateReport[]): Finding[] {
  if (reports.some(({ state }) => state === "proven")) return [];
  return [
    {
      area,
      status: "fail",
      message: "no video encoder works here, so a session would show nothing",
      mend: "Install them with: apt-get install gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly",
    },
  ];
}
