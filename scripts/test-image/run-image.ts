/**
 * All checks of one image, in their order.
 */
import { messageOf } from "../../agent/base/errors.ts";
import { checkInBrowser, type Recorder } from "./checks-browser.ts";
import { imageChecks } from "./checks-image.ts";
import { sessionChecks, type TestedSession } from "./checks-session.ts";
import type { SmokeTest } from "./definition.ts";
import { hardenedFlags, type Engine } from "./engine.ts";
import { checkIdle } from "./idle.ts";
import { listProcesses } from "./inside.ts";
import type { CheckResult, ImageReport } from "./report.ts";
import { startSession, wishes, type Started } from "./start-session.ts";

/** What an orchestrator allows before it kills. */
const stopSeconds = 10;

/** What is tested, and how. */
export interface Plan {
  image: string;
  engine: Engine;
  smoke: SmokeTest;
  healthyWithinMs: number;
  flags: readonly string[];
  pictures: string;
  onResult(result: CheckResult): void;
}

/** Runs every check; those that fail are in the report. @throws Error where the test is interrupted. */
export async function testImage(plan: Plan): Promise<ImageReport> {
  const { image, engine } = plan;
  const results: CheckResult[] = [];
  const figures: Record<string, number> = {};
  const record: Recorder = async (name, check) => {
    const result = await runCheck(name, check, engine.belongings.signal);
    results.push(result);
    plan.onResult(result);
    return result.failure === undefined;
  };
  figures["imageBytes"] = (await engine.inspectImage(image)).Size;
  for (const check of imageChecks)
    await record(check.name, () => check.run(image, engine));
  await testIdle(plan, { record, figures });
  await using home = engine.ownVolume();
  await testHardened(plan, { record, figures, volume: home.name });
  await testHomeAgain(plan, { record, volume: home.name });
  await testAsRoot(plan, record);
  return { image, engine: engine.name, results, figures };
}

/** What came of one check. @throws Error where `interrupted` fired: then it says nothing about the image. */
async function runCheck(
  name: string,
  check: Parameters<Recorder>[1],
  interrupted: AbortSignal,
): Promise<CheckResult> {
  interrupted.throwIfAborted();
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1_000;
  try {
    const outcome = await check();
    interrupted.throwIfAborted();
    return {
      name,
      seconds: seconds(),
      ...(typeof outcome === "string" ? { note: outcome } : {}),
      ...(typeof outcome === "object"
        ? { skipped: outcome.notApplicable }
        : {}),
    };
  } catch (error) {
    interrupted.throwIfAborted();
    return { name, seconds: seconds(), failure: messageOf(error) };
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
  const session: TestedSession = { ...started, wishes, smoke: plan.smoke };
  for (const check of sessionChecks)
    await record(check.name, () => check.run(session));
  try {
    await checkInBrowser(session, {
      record,
      figures,
      pictures: plan.pictures,
      belongings: plan.engine.belongings,
    });
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

/** Without the application, whose windows are in the memory of the X server as well. */
async function testIdle(
  plan: Plan,
  { record, figures }: { record: Recorder; figures: Record<string, number> },
): Promise<void> {
  await record("a session that waits costs next to nothing", async () => {
    const { container } = await startSession(plan, {
      flags: hardenedFlags,
      command: ["sleep", "infinity"],
    });
    await using owned = container;
    return await checkIdle(owned, figures);
  });
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
