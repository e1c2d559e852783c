import {
  describePipelines,
  type PipelineDescription,
} from "../../../encoders/describe-pipelines.ts";
import { rtpElements } from "../../../encoders/pipeline.ts";
import { runToEnd } from "../../base/child-process.ts";
import { requireProgram } from "../../base/programs.ts";
import { captureTargets } from "../capture-targets.ts";
import { fine, type Check, type Finding } from "./finding.ts";
import { versionLine } from "./gstreamer-version.ts";
import { trialArgs } from "./trial-pipeline.ts";

const inspectTimeoutMs = 10_000;
const encodeTimeoutMs = 15_000;

const pluginsBase = "gstreamer1.0-plugins-base";
const pluginsGood = "gstreamer1.0-plugins-good";
const pluginsUgly = "gstreamer1.0-plugins-ugly";
/** The Debian packages of elements; whatever is not named is in GStreamer itself. */
const packageOfElement: Readonly<Record<string, string>> = {
  audioconvert: pluginsBase,
  opusenc: pluginsBase,
  videoconvert: pluginsBase,
  rtpbin: pluginsGood,
  rtph264pay: pluginsGood,
  rtpopuspay: pluginsGood,
  rtpstreamdepay: pluginsGood,
  rtpstreampay: pluginsGood,
  rtpvp8pay: pluginsGood,
  vp8enc: pluginsGood,
  ximagesrc: pluginsGood,
  rawaudioparse: pluginsBase,
  x264enc: pluginsUgly,
};

/** What every video pipeline is made of, whatever encodes. */
const videoPath = ["appsrc", "ximagesrc", "videoconvert", ...rtpElements];

/** GStreamer's tools, the elements of every video pipeline, and whether sound is really encoded. */
export const gstreamerCheck: Check = {
  area: "GStreamer",
  async run(config, signal) {
    requireProgram("gst-launch-1.0");
    const version = (await versionLine(signal)) ?? "an unknown version";
    // Video encoders have a check of their own; what is left is sound.
    const pipelines = describePipelines(config, [], captureTargets(config));
    const findings = [fine("GStreamer", version)];
    const missing = await missingElements(videoPath, signal);
    if (missing.length > 0) findings.push(lacking("video", missing));
    for (const pipeline of pipelines) {
      findings.push(await tryPipeline(pipeline, signal));
    }
    return findings;
  },
};

async function tryPipeline(
  pipeline: PipelineDescription,
  signal: AbortSignal,
): Promise<Finding> {
  const missing = await missingElements(pipeline.elements, signal);
  return missing.length > 0
    ? lacking(pipeline.name, missing)
    : await encodes(pipeline, signal);
}

async function missingElements(
  elements: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const missing: string[] = [];
  for (const element of new Set(elements)) {
    const { exitCode } = await runToEnd({
      file: "gst-inspect-1.0",
      args: ["--exists", element],
      timeoutMs: inspectTimeoutMs,
      signal,
    });
    if (exitCode !== 0) missing.push(element);
  }
  return missing;
}

function lacking(pipeline: string, elements: readonly string[]): Finding {
  const packages = new Set(
    elements.map((element) => packageOfElement[element] ?? "libgstreamer1.0-0"),
  );
  return {
    area: "encoders",
    status: "fail",
    message: `${pipeline} lacks the GStreamer elements ${elements.join(", ")}`,
    mend: `Install them with: apt-get install ${[...packages].join(" ")}`,
  };
}

/** Encodes a few real frames: an element that exists may still refuse its properties or its device. */
async function encodes(
  pipeline: PipelineDescription,
  signal: AbortSignal,
): Promise<Finding> {
  const area = "encoders";
  const { name, encoder } = pipeline;
  const startMs = performance.now();
  const trial = await runToEnd({
    file: "gst-launch-1.0",
    args: trialArgs(pipeline.argv.slice(1)),
    timeoutMs: encodeTimeoutMs,
    signal,
  });
  const tookMs = Math.round(performance.now() - startMs);
  if (trial.exitCode === 0 && trial.stdout !== "") {
    return fine(area, `${name}: ${encoder} encoded a trial in ${tookMs} ms`);
  }
  const why =
    trial.stderrLines.find((line) => line.includes("ERROR")) ??
    trial.stderrLines.at(-1) ??
    "it wrote nothing";
  return {
    area,
    status: "fail",
    message: `${name}: ${encoder} does not encode: ${why}`,
    mend: "Run the line that is printed by: streamspace-agent pipelines",
  };
}
