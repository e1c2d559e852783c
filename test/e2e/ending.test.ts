/**
 * The end of a session and of its application: what goes, what stays, and how fast.
 */
import { expect, test } from "vitest";
import { poll, withDeadline } from "../../agent/base/deadline.ts";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import { leftovers } from "../fixtures/e2e-leftovers.ts";
import { componentOf, processOf } from "../fixtures/e2e-session.ts";
import { report } from "../fixtures/e2e-report.ts";

const testTimeoutMs = 30_000;
const endLimitMs = 5_000;

/** Ignores SIGTERM, as does the child in its group, which inherits that. */
const stubborn = [
  "sh",
  "-c",
  'trap "" TERM HUP INT; sleep 1000 & while :; do sleep 1000; done',
];

/** Applications whose end is not simple, and how many processes of theirs must be there before. */
const applications = [
  {
    name: "a stubborn application and its child",
    command: stubborn,
    processes: /sleep 1000$/,
    count: 2,
  },
  {
    // The terminal's shell is in a session of its own, as terminals do it.
    name: "the demo desktop and its terminal",
    command: undefined,
    processes: /xterm|bash|-sh|\/sh$/,
    count: 2,
  },
];

async function startWith(
  application: (typeof applications)[number],
): Promise<AgentProcess> {
  const { command, processes, count } = application;
  const agent = await startAgent(command === undefined ? {} : { command });
  await agent.waitForHealth(
    "every part of the session",
    ({ status }) => status === "ready",
  );
  await poll(
    () => {
      const found = agent
        .processes()
        .filter((each) => processes.test(each.command));
      return found.length >= count ? true : undefined;
    },
    { everyMs: 20, timeoutMs: 5_000, what: "the application's processes" },
  );
  return agent;
}

test.each(applications)(
  "SIGTERM ends everything within 5 s: $name",
  async (application) => {
    await using agent = await startWith(application);
    const facts = agent.facts();
    const startMs = performance.now();
    agent.signal("SIGTERM");
    const exit = await withDeadline(agent.exited, {
      timeoutMs: endLimitMs,
      what: "the end of the agent",
    });
    report(
      `end after SIGTERM: ${application.name}`,
      performance.now() - startMs,
    );
    expect(exit).toEqual({ kind: "exit-code", exitCode: 0 });
    expect(await leftovers(agent, facts)).toEqual([]);
  },
  testTimeoutMs,
);

test.each(applications)(
  "nothing is left within 5 s after the agent was killed: $name",
  async (application) => {
    await using agent = await startWith(application);
    const facts = agent.facts();
    const startMs = performance.now();
    agent.signal("SIGKILL");
    await agent.exited;
    await expect
      .poll(() => leftovers(agent, facts), {
        interval: 50,
        timeout: endLimitMs,
      })
      .toEqual([]);
    report(
      `end after SIGKILL: ${application.name}`,
      performance.now() - startMs,
    );
  },
  testTimeoutMs,
);

test(
  "SIGTERM at the very start leaves nothing either",
  async () => {
    // Ready means that there is a picture: the rest of the session is being started just now.
    await using agent = await startAgent({ command: stubborn });
    const facts = agent.facts();
    agent.signal("SIGTERM");
    const exit = await withDeadline(agent.exited, {
      timeoutMs: endLimitMs,
      what: "the end of the agent",
    });
    expect(exit).toEqual({ kind: "exit-code", exitCode: 0 });
    expect(await leftovers(agent, facts)).toEqual([]);
  },
  testTimeoutMs,
);

async function startWithPolicy(policy: string): Promise<AgentProcess> {
  const agent = await startAgent({
    args: ["--on-application-exit", policy],
    command: ["sleep", "1000"],
  });
  await agent.waitForHealth(
    "the application",
    (health) => componentOf(health, "application")?.state === "running",
  );
  return agent;
}

test(
  "an application that ends is started again with the policy restart",
  async () => {
    await using agent = await startWithPolicy("restart");
    const before = processOf(agent, "application");
    process.kill(before, "SIGTERM");
    await agent.waitForHealth("another application", (health) => {
      const application = componentOf(health, "application");
      return application?.state === "running" && application.restarts === 1;
    });
    expect(processOf(agent, "application")).not.toBe(before);
  },
  testTimeoutMs,
);

test(
  "the session ends with its application with the policy stop",
  async () => {
    await using agent = await startWithPolicy("stop");
    const facts = agent.facts();
    process.kill(processOf(agent, "application"), "SIGTERM");
    const exit = await withDeadline(agent.exited, {
      timeoutMs: endLimitMs,
      what: "the end of the agent",
    });
    expect(exit).toEqual({ kind: "exit-code", exitCode: 0 });
    expect(await leftovers(agent, facts)).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "the desktop stays without its application with the policy keep",
  async () => {
    await using agent = await startWithPolicy("keep");
    process.kill(processOf(agent, "application"), "SIGTERM");
    const health = await agent.waitForHealth(
      "the end of the application",
      (snapshot) => componentOf(snapshot, "application")?.state === "stopped",
    );
    expect(health.status).toBe("ready");
    expect(componentOf(health, "application")?.restarts).toBe(0);
    expect(componentOf(health, "display")?.state).toBe("running");
  },
  testTimeoutMs,
);
