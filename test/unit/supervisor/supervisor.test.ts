import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  FakeInstance,
  pendingService,
  stateOf,
  supervise,
  willingService,
} from "../../fakes/service-specs.ts";

const crash = { kind: "signal", signal: "SIGKILL" } as const;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("dependencies", () => {
  test("start before what needs them, and not a moment earlier than proven", async () => {
    const display = pendingService("display");
    const application = pendingService("application", {
      requires: ["display"],
    });
    const supervisor = supervise(display.spec, application.spec);
    await settle();
    expect(display.starts).toHaveLength(1);
    expect(application.starts).toHaveLength(0);
    expect(stateOf(supervisor, "application")).toBe("waiting");
    display.starts[0]?.succeed();
    await settle();
    expect(application.starts).toHaveLength(1);
  });

  test("take down what needs them when they die, and bring it back in order", async () => {
    const journal: string[] = [];
    const display = willingService("display", journal);
    const manager = willingService("manager", journal, {
      requires: ["display"],
    });
    const application = willingService("application", journal, {
      requires: ["display", "manager"],
    });
    const supervisor = supervise(display.spec, manager.spec, application.spec);
    await settle();
    journal.length = 0;
    display.instances[0]?.exit(crash);
    await settle();
    expect(stateOf(supervisor, "display")).toBe("backing-off");
    expect(journal.toSorted()).toEqual(["close application", "close manager"]);
    await pass(100);
    expect(journal.slice(2)).toEqual([
      "start display",
      "start manager",
      "start application",
    ]);
    expect(supervisor.snapshot().map(({ state }) => state.name)).toEqual([
      "running",
      "running",
      "running",
    ]);
  });

  test("that are only `after` are given the chance first, and their end touches nothing", async () => {
    const manager = pendingService("manager");
    const application = pendingService("application", { after: ["manager"] });
    const supervisor = supervise(manager.spec, application.spec);
    await settle();
    expect(application.starts).toHaveLength(0);
    manager.starts[0]?.fail(new Error("no such program"));
    await settle();
    const running = application.starts[0]?.succeed();
    await settle();
    expect(stateOf(supervisor, "application")).toBe("running");
    await pass(100);
    const second = manager.starts[1]?.succeed();
    await settle();
    second?.exit(crash);
    await settle();
    expect(stateOf(supervisor, "manager")).toBe("backing-off");
    expect(stateOf(supervisor, "application")).toBe("running");
    expect(running?.closeCalls).toBe(0);
  });

  test("that come too late in the list are a defect of the composition", () => {
    expect(() =>
      supervise(
        pendingService("application", { requires: ["display"] }).spec,
        pendingService("display").spec,
      ),
    ).toThrow(expect.objectContaining({ code: "internal" }));
  });
});

describe("a failure", () => {
  test("is tried again after ever longer pauses, and told with its last lines", async () => {
    const encoder = pendingService("encoder");
    const supervisor = supervise(encoder.spec);
    for (const [index, delayMs] of [
      100, 200, 400, 800, 1_000, 1_000,
    ].entries()) {
      await settle();
      encoder.starts[index]?.fail(new Error(`attempt ${index}`));
      await settle();
      expect(supervisor.service("encoder").state).toMatchObject({ delayMs });
      await pass(delayMs - 1);
      expect(encoder.starts).toHaveLength(index + 1);
      await pass(1);
      expect(encoder.starts).toHaveLength(index + 2);
    }
    expect(supervisor.service("encoder").startError).toMatchObject({
      message: "attempt 5",
    });
    const instance = encoder.starts.at(-1)?.succeed();
    await settle();
    expect(supervisor.service("encoder").startError).toBeUndefined();
    instance?.exit(crash);
    await settle();
    expect(supervisor.service("encoder").snapshot()).toMatchObject({
      restarts: 6,
      proven: true,
      lastError: "was ended by SIGKILL",
      lastLines: ["its last line"],
    });
  });

  test("is tried again at once when what caused it is over", async () => {
    const encoder = pendingService("encoder");
    const sound = pendingService("sound");
    const supervisor = supervise(encoder.spec, sound.spec);
    await settle();
    encoder.starts[0]?.fail(new Error("no descriptor"));
    sound.starts[0]?.succeed();
    await settle();
    supervisor.retryNow();
    await settle();
    expect([encoder.starts.length, sound.starts.length]).toEqual([2, 1]);
    encoder.starts[1]?.succeed();
    // The wait that was cut short is no second try.
    await pass(5_000);
    expect([encoder.starts.length, sound.starts.length]).toEqual([2, 1]);
  });

  test("that a start throws before it returns a promise is a failed start like any other", async () => {
    const spec = {
      ...pendingService("encoder").spec,
      start: (): never => {
        throw new Error("the display ended just now");
      },
    };
    const supervisor = supervise(spec);
    await settle();
    expect(supervisor.service("encoder").state).toMatchObject({
      name: "backing-off",
      reason: "did not start: the display ended just now",
    });
  });

  test("in the form of a start that hangs has its signal fired at its deadline", async () => {
    const encoder = pendingService("encoder");
    const supervisor = supervise(encoder.spec);
    await pass(999);
    expect(encoder.starts[0]?.context.signal.aborted).toBe(false);
    vi.useRealTimers(); // AbortSignal.timeout runs on the machine's clock.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(encoder.starts[0]?.context.signal.aborted).toBe(true);
    vi.useFakeTimers();
    expect(stateOf(supervisor, "encoder")).toBe("starting");
  });

  test("in the form of a start that ignores its signal is given up on after three seconds more", async () => {
    const encoder = pendingService("encoder");
    const supervisor = supervise(encoder.spec);
    await pass(3_999);
    expect(stateOf(supervisor, "encoder")).toBe("starting");
    await pass(1);
    expect(stateOf(supervisor, "encoder")).toBe("backing-off");
    const late = encoder.starts[0]?.succeed();
    await settle();
    expect(late?.closeCalls).toBe(1);
    expect(stateOf(supervisor, "encoder")).toBe("backing-off");
  });

  test("that is to be accepted stays", async () => {
    const journal: string[] = [];
    const application = willingService("application", journal, {
      onExit: "accept",
    });
    const supervisor = supervise(application.spec);
    await settle();
    application.instances[0]?.exit({ kind: "exit-code", exitCode: 0 });
    await pass(60_000);
    expect(supervisor.service("application").state).toMatchObject({
      name: "stopped",
      reason: "exited with code 0",
    });
    expect(journal).toEqual(["start application"]);
  });

  test("of an instance that was replaced is not the new one's", async () => {
    const display = pendingService("display");
    const encoder = pendingService("encoder", { requires: ["display"] });
    const supervisor = supervise(display.spec, encoder.spec);
    await settle();
    const firstDisplay = display.starts[0]?.succeed();
    await settle();
    const first = encoder.starts[0]?.succeed(
      new FakeInstance(() => Promise.resolve()),
    );
    await settle();
    firstDisplay?.exit(crash);
    await pass(100);
    display.starts[1]?.succeed();
    await settle();
    encoder.starts[1]?.succeed();
    await settle();
    first?.exit(crash);
    await settle();
    expect(stateOf(supervisor, "encoder")).toBe("running");
  });
});

describe("an on-demand service", () => {
  const onDemand = { onDemand: { lingerMs: 500 } };

  test("rests until somebody needs it, and lingers after the last lease", async () => {
    const journal: string[] = [];
    const audio = willingService("audio", journal, onDemand);
    const supervisor = supervise(audio.spec);
    await pass(10_000);
    expect(stateOf(supervisor, "audio")).toBe("standby");
    const one = supervisor.service("audio").acquire();
    const other = supervisor.service("audio").acquire();
    await settle();
    expect(stateOf(supervisor, "audio")).toBe("running");
    one();
    one();
    await pass(10_000);
    expect(stateOf(supervisor, "audio"), "one lease is left").toBe("running");
    other();
    await pass(499);
    expect(stateOf(supervisor, "audio")).toBe("running");
    await pass(1);
    expect(stateOf(supervisor, "audio")).toBe("standby");
    expect(journal).toEqual(["start audio", "close audio"]);
  });

  test("goes on when somebody comes back while it lingers", async () => {
    const journal: string[] = [];
    const audio = willingService("audio", journal, onDemand);
    const supervisor = supervise(audio.spec);
    supervisor.service("audio").acquire()();
    await pass(400);
    supervisor.service("audio").acquire();
    await pass(10_000);
    expect(journal).toEqual(["start audio"]);
  });

  test("does not try again what nobody wants any more", async () => {
    const audio = pendingService("audio", onDemand);
    const supervisor = supervise(audio.spec);
    const release = supervisor.service("audio").acquire();
    await settle();
    audio.starts[0]?.fail(new Error("no"));
    release();
    await pass(60_000);
    expect(stateOf(supervisor, "audio")).toBe("standby");
    expect(audio.starts.length).toBeLessThanOrEqual(3);
    const { length } = audio.starts;
    await pass(60_000);
    expect(audio.starts).toHaveLength(length);
  });
});

test("listeners hear of every change until they leave", async () => {
  const display = pendingService("display");
  const supervisor = supervise(display.spec);
  const seen: string[] = [];
  const leave = supervisor.onChange(() => {
    seen.push(stateOf(supervisor, "display"));
  });
  await settle();
  const instance = display.starts[0]?.succeed();
  await settle();
  instance?.exit(crash);
  await settle();
  leave();
  await pass(1_000);
  expect(seen).toEqual(["running", "backing-off"]);
});

test("an unknown name is a defect", () => {
  expect(() => supervise().service("nothing")).toThrow(
    expect.objectContaining({ code: "internal" }),
  );
});
