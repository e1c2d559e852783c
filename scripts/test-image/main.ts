/**
 * Holds a session image to the standard, with a real container engine and a real browser.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { poll } from "../../agent/base/deadline.ts";
import { messageOf } from "../../agent/base/errors.ts";
import { checkInBrowser, type Recorder } from "./checks-browser.ts";
import { imageChecks } from "./checks-image.ts";
import {
  sessionChecks,
  type SessionWishes,
  type TestedSession,
} from "./checks-session.ts";
import { nameOfImage, readSmokeTest, type SmokeTest } from "./definition.ts";
import { Engine, hardenedFlags, type Container } from "./engine.ts";
import { listProcesses } from "./inside.ts";
import {
  isPassed,
  toJson,
  toJunit,
  toText,
  type CheckResult,
  type ImageReport,
} from "./report.ts";
import { openForBrowsers } from "./seccomp.ts";

const root = join(import.meta.dirname, "../..");
const podmanProfile = "/usr/share/containers/seccomp.json";
const startTimeoutMs = 60_000;
/** What an orchestrator allows before it kills. */
const stopSeconds = 10;
const wishes: SessionWishes = {
  width: 1_280,
  height: 800,
  dpi: 120,
  timezone: "Asia/Tokyo",
};

const help = `Usage: scripts/test-image.sh IMAGE [options]
Starts IMAGE as it is meant to run (user 1000, no capabilities, read-only root), checks it from inside,
and opens it in Chromium.
  --engine docker|podman   default: podman where it is installed, else docker
  --definition NAME        the folder in images/ whose smoke test is used; default: from IMAGE's name
  --healthy-within SEC     from the start of the container to healthy, default 20
  --seccomp FILE           a seccomp profile; default: the engine's, opened for browsers' sandboxes where the image has one
  --pictures FOLDER        default test-results/images/NAME
  --json                   the report as JSON on the standard output
  --junit FILE             the report as JUnit XML as well
  -h, --help
Exit codes: 0 the image meets the standard, 1 it does not, 2 the command is wrong or no engine is there.`;

/** A command that cannot be carried out: one sentence. */
class UsageError extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) {
    console.log(help);
    return 0;
  }
  const [image, ...rest] = positionals;
  if (image === undefined || rest.length > 0)
    throw new UsageError("name one image; --help lists the options");
  const engine = await findEngine(values.engine);
  const name = values.definition ?? nameOfImage(image);
  let smoke: SmokeTest;
  try {
    await engine.inspectImage(image);
    smoke = readSmokeTest(root, name);
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
  const healthyWithinMs = Number(values["healthy-within"]) * 1_000;
  if (!(healthyWithinMs > 0))
    throw new UsageError("--healthy-within takes a number of seconds");
  const seccomp = values.seccomp ?? browserProfile(smoke);
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
  if (values.junit !== undefined) {
    mkdirSync(dirname(values.junit), { recursive: true });
    writeFileSync(values.junit, toJunit(report));
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
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}

async function findEngine(wanted: string | undefined): Promise<Engine> {
  if (wanted !== undefined && wanted !== "docker" && wanted !== "podman")
    throw new UsageError(`--engine is docker or podman, not ${wanted}`);
  for (const name of wanted === undefined ? ["podman", "docker"] : [wanted]) {
    const engine = new Engine(name);
    const answer = await engine.run(["version"]).catch(() => undefined);
    if (answer?.exitCode === 0) return engine;
  }
  throw new UsageError(
    `${wanted ?? "neither podman nor docker"} ${wanted === undefined ? "answers" : "does not answer"} here`,
  );
}

/** Where no profile is named, browsers get podman's default with what their sandbox needs. */
function browserProfile(smoke: SmokeTest): string | undefined {
  if (smoke.sandbox !== "chromium" || !existsSync(podmanProfile))
    return undefined;
  const file = join(root, "test-results", "browser-seccomp.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, openForBrowsers(readFileSync(podmanProfile, "utf8")));
  return file;
}

interface Plan {
  image: string;
  engine: Engine;
  smoke: SmokeTest;
  healthyWithinMs: number;
  flags: readonly string[];
  pictures: string;
  onResult(result: CheckResult): void;
}

async function testImage(plan: Plan): Promise<ImageReport> {
  const { image, engine } = plan;
  const results: CheckResult[] = [];
  const figures: Record<string, number> = {};
  const record: Recorder = async (name, check) => {
    const startedMs = performance.now();
    const seconds = (): number => (performance.now() - startedMs) / 1_000;
    let result: CheckResult;
    try {
      const outcome = await check();
      result = {
        name,
        seconds: seconds(),
        ...(typeof outcome === "string" ? { note: outcome } : {}),
        ...(typeof outcome === "object"
          ? { skipped: outcome.notApplicable }
          : {}),
      };
    } catch (error) {
      result = { name, seconds: seconds(), failure: messageOf(error) };
    }
    results.push(result);
    plan.onResult(result);
    return result.failure === undefined;
  };
  figures["imageBytes"] = (await engine.inspectImage(image)).Size;
  for (const check of imageChecks)
    await record(check.name, () => check.run(image, engine));
  const volume = `streamspace-test-${randomUUID().slice(0, 8)}`;
  try {
    await testHardened(plan, { record, figures, volume });
    await testHomeAgain(plan, { record, volume });
    await testAsRoot(plan, record);
  } finally {
    await engine.run(["volume", "rm", "--force", volume]);
  }
  return { image, engine: engine.name, results, figures };
}

interface Started {
  container: Container;
  port: number;
  token: string;
  healthyAfterMs: number;
}

/** Starts the image with the host's network, which works rootless too, and waits until it is healthy. */
async function startSession(
  plan: Plan,
  options: { flags: readonly string[]; env?: Record<string, string> },
): Promise<Started> {
  const port = await freePort();
  const token = randomBytes(18).toString("base64url");
  const startedMs = performance.now();
  const container = await plan.engine.start({
    image: plan.image,
    flags: ["--network=host", ...options.flags, ...plan.flags],
    env: {
      STREAMSPACE_HOST: "127.0.0.1",
      STREAMSPACE_PORT: String(port),
      STREAMSPACE_TOKEN: token,
      DISPLAY_WIDTH: String(wishes.width),
      DISPLAY_HEIGHT: String(wishes.height),
      DISPLAY_DPI: String(wishes.dpi),
      TZ: wishes.timezone,
      ...options.env,
    },
  });
  try {
    await poll(
      async () => {
        const response = await fetch(`http://127.0.0.1:${port}/readyz`, {
          signal: AbortSignal.timeout(1_000),
        }).catch(() => undefined);
        return response?.status === 200 ? true : undefined;
      },
      { everyMs: 20, timeoutMs: startTimeoutMs, what: "the session" },
    );
    return {
      container,
      port,
      token,
      healthyAfterMs: Math.round(performance.now() - startedMs),
    };
  } catch (error) {
    const words = (await container.logs())
      .trim()
      .split("\n")
      .slice(-5)
      .join(" | ");
    await container[Symbol.asyncDispose]();
    throw new Error(`${messageOf(error)}; it said: ${words}`, { cause: error });
  }
}

async function testHardened(
  plan: Plan,
  context: {
    record: Recorder;
    figures: Record<string, number>;
    volume: string;
  },
): Promise<void> {
  const { record, figures, volume } = context;
  let started: Started | undefined;
  await record("healthy soon after the start, confined", async () => {
    started = await startSession(plan, {
      flags: [...hardenedFlags, `--volume=${volume}:/home/user`],
    });
    figures["healthyAfterMs"] = started.healthyAfterMs;
    if (started.healthyAfterMs > plan.healthyWithinMs)
      throw new Error(`after ${started.healthyAfterMs} ms`);
    return `${started.healthyAfterMs} ms`;
  });
  if (started === undefined) return;
  await using container = started.container;
  // Before anybody looks: what a session costs that waits.
  figures["idleRssMiB"] = await ownMemoryMiB(container);
  const session: TestedSession = { ...started, wishes, smoke: plan.smoke };
  for (const check of sessionChecks)
    await record(check.name, () => check.run(session));
  try {
    await checkInBrowser(session, { record, figures, pictures: plan.pictures });
  } catch (error) {
    await record("the image opens in a browser", () =>
      Promise.reject(new Error(messageOf(error), { cause: error })),
    );
  }
  await container.shell("echo kept > ~/kept.txt").catch(() => undefined);
  await record(
    `SIGTERM ends it with exit code 0 within ${stopSeconds} s`,
    async () => {
      const { exitCode, tookMs } = await container.stop(stopSeconds);
      figures["stopMs"] = Math.round(tookMs);
      if (exitCode !== 0 || tookMs > stopSeconds * 1_000)
        throw new Error(`exit code ${exitCode} after ${Math.round(tookMs)} ms`);
      return `${Math.round(tookMs)} ms`;
    },
  );
}

/** Resident memory of everything that comes with the runtime, without the application. */
async function ownMemoryMiB(container: Container): Promise<number> {
  const own =
    /^(\S*tini|\S*Xvfb|\S*openbox|\S*pulseaudio|\S*gst-launch|\S*\/opt\/streamspace\/bin\/node|\S*sh .*guard\.sh)/;
  const processes = await listProcesses(container).catch(() => []);
  const kilobytes = processes
    .filter(
      ({ command }) => own.test(command) && !command.includes("demo/main"),
    )
    .reduce(
      (sum, { status }) => sum + Number.parseInt(status["VmRSS"] ?? "0", 10),
      0,
    );
  return Math.round(kilobytes / 1_024);
}

async function testHomeAgain(
  plan: Plan,
  { record, volume }: { record: Recorder; volume: string },
): Promise<void> {
  await record("the home is there again after a restart", async () => {
    const { container } = await startSession(plan, {
      flags: [...hardenedFlags, `--volume=${volume}:/home/user`],
    });
    await using owned = container;
    const text = await owned.shell("cat ~/kept.txt");
    if (text !== "kept") throw new Error(`the file says "${text}"`);
    return undefined;
  });
}

async function testAsRoot(plan: Plan, record: Recorder): Promise<void> {
  await record("started as root, the session runs as PUID:PGID", async () => {
    const { container } = await startSession(plan, {
      flags: [
        ...["--user=0", "--cap-drop=ALL"],
        ...["CHOWN", "SETUID", "SETGID", "KILL"].map(
          (name) => `--cap-add=${name}`,
        ),
      ],
      env: { PUID: "1234", PGID: "1235" },
    });
    await using owned = container;
    const processes = await listProcesses(owned);
    const server = processes.find(({ command }) => /^\S*Xvfb /.test(command));
    const ids = `${server?.status["Uid"]?.split(/\s/)[0] ?? ""}:${server?.status["Gid"]?.split(/\s/)[0] ?? ""}`;
    if (ids !== "1234:1235") throw new Error(`Xvfb runs as ${ids}`);
    return undefined;
  });
  await record(
    "started as a user, it says that PUID cannot be met",
    async () => {
      const { container } = await startSession(plan, {
        flags: hardenedFlags,
        env: { PUID: "1234", PGID: "1235" },
      });
      await using owned = container;
      if (!(await owned.logs()).includes("PUID and PGID have no effect"))
        throw new Error("its log has no word of it");
      return undefined;
    },
  );
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address !== null)
          resolve(address.port);
        else reject(new Error("no port is free"));
      });
    });
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = isUsage ? 2 : 1;
}
