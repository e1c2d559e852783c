/**
 * Holds a session image to the standard, with a real container engine and a real browser.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../../agent/base/errors.ts";
import { Belongings } from "./belongings.ts";
import { checkReportFile, defaultProfileOf } from "./command-files.ts";
import { nameOfImage, readSmokeTest, type SmokeTest } from "./definition.ts";
import { Engine } from "./engine.ts";
import { endOnSignals } from "./interrupt.ts";
import { isPassed, toJson, toJunit, toText } from "./report.ts";
import { testImage } from "./run-image.ts";
import { openForBrowsers, readProfile } from "./seccomp.ts";

const root = join(import.meta.dirname, "../..");

const help = `Usage: scripts/test-image.sh IMAGE [options]
Starts IMAGE as it is meant to run (user 1000, no capabilities, read-only root), checks it from inside,
and opens it in Chromium.
  --engine docker|podman   default: podman where it is installed, else docker
  --definition NAME        the folder in images/ whose smoke test is used; default: from IMAGE's name
  --healthy-within SEC     from the start of the container to healthy, default 20
  --seccomp FILE           a seccomp profile, Docker's default for instance; without one, the engine's own is used. Where the
                           image has Chromium's sandbox, it is opened for that; docker's own is in no file, so name it then
  --pictures FOLDER        default test-results/images/NAME
  --json                   the report as JSON on the standard output
  --junit FILE             the report as JUnit XML as well
  --report FILE            and as JSON
  -h, --help
Exit codes: 0 the image meets the standard, 1 it does not, 2 the command is wrong or no engine is there, 130 or 143 a signal
ended it; what it had started is removed.`;

/** A command that cannot be carried out: one sentence. */
class UsageError extends Error {}

async function main(belongings: Belongings): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) {
    console.log(help);
    return 0;
  }
  const [image, ...rest] = positionals;
  if (image === undefined || rest.length > 0)
    throw new UsageError("name one image; --help lists the options");
  const engine = await findEngine(values.engine, belongings);
  const name = values.definition ?? nameOfImage(image);
  let smoke: SmokeTest;
  try {
    await engine.inspectImage(image);
    smoke = readSmokeTest(root, name);
    for (const file of [values.junit, values.report])
      if (file !== undefined) checkReportFile(file);
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
  const healthyWithinMs = Number(values["healthy-within"]) * 1_000;
  if (!(healthyWithinMs > 0))
    throw new UsageError("--healthy-within takes a number of seconds");
  const seccomp = seccompProfile(values.seccomp, smoke, name, engine);
  const report = await testImage({
    image,
    engine,
    smoke,
    healthyWithinMs,
    flags: seccomp === undefined ? [] : [`--security-opt=seccomp=${seccomp}`],
    pictures: values.pictures ?? join(root, "test-results", "images", name),
    onResult: (result) => {
      if (!values.json)
        console.error(
          toText({ image, engine: "", figures: {}, results: [result] }).split(
            "\n",
          )[0],
        );
    },
  });
  console.log(values.json ? toJson(report) : toText(report).split("\n").at(-1));
  if (!values.json) console.log(JSON.stringify(report.figures));
  for (const [file, text] of [
    [values.junit, toJunit(report)],
    [values.report, toJson(report)],
  ] as const) {
    if (file === undefined) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return isPassed(report) ? 0 : 1;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        engine: { type: "string" },
        definition: { type: "string" },
        "healthy-within": { type: "string", default: "20" },
        seccomp: { type: "string" },
        pictures: { type: "string" },
        json: { type: "boolean", default: false },
        junit: { type: "string" },
        report: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}

async function findEngine(
  wanted: string | undefined,
  belongings: Belongings,
): Promise<Engine> {
  if (wanted !== undefined && wanted !== "docker" && wanted !== "podman")
    throw new UsageError(`--engine is docker or podman, not ${wanted}`);
  for (const name of wanted === undefined ? ["podman", "docker"] : [wanted]) {
    const engine = new Engine(name, belongings);
    const answer = await engine.run(["version"]).catch(() => undefined);
    if (answer?.exitCode === 0) return engine;
  }
  throw new UsageError(
    `${wanted ?? "neither podman nor docker"} ${wanted === undefined ? "answers" : "does not answer"} here`,
  );
}

/**
 * The file of the profile to run under; `undefined` leaves it to the engine.
 * @throws UsageError where `named` is no profile.
 */
function seccompProfile(
  named: string | undefined,
  smoke: SmokeTest,
  name: string,
  engine: Engine,
): string | undefined {
  const isOpened = smoke.sandbox === "chromium";
  if (named === undefined && !isOpened) return undefined;
  let opened: string;
  try {
    const source = named ?? defaultProfileOf(engine.name);
    const profile = readProfile(source);
    if (!isOpened) return source;
    opened = openForBrowsers(profile, source);
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
  const file = join(root, "test-results", `seccomp-${name}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, opened);
  return file;
}

const belongings = new Belongings();
endOnSignals(belongings);
try {
  process.exitCode = await main(belongings);
} catch (error) {
  // Where it was interrupted, the failure is a consequence, and the exit code the signal's.
  if (!belongings.signal.aborted) {
    console.error(`error: ${messageOf(error)}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
