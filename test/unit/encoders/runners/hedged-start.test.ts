import { describe, expect, it } from "vitest";
import { StreamSpaceError } from "../../../../agent/base/errors.ts";
import {
  startFirst,
  type HedgedStart,
} from "../../../../encoders/runners/hedged-start.ts";

type Behaviour = "works" | "fails" | "hangs" | "works late";

class Running {
  readonly name: string;
  isClosed = false;

  constructor(name: string) {
    this.name = name;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** Candidates that behave as told, and what became of them. */
class World {
  readonly started: string[] = [];
  readonly failed: string[] = [];
  readonly slower: string[] = [];
  readonly aborted: string[] = [];
  readonly running: Running[] = [];
  readonly controller = new AbortController();
  readonly #behaviour: Readonly<Record<string, Behaviour>>;

  constructor(behaviour: Readonly<Record<string, Behaviour>>) {
    this.#behaviour = behaviour;
  }

  run(hedgeMs: number | undefined): Promise<Running> {
    const options: HedgedStart<string, Running> = {
      candidates: Object.keys(this.#behaviour),
      start: (name, signal) => this.#start(name, signal),
      hedgeMs: () => hedgeMs,
      onFailed: (name) => this.failed.push(name),
      onSlower: (name) => this.slower.push(name),
      signal: this.controller.signal,
    };
    return startFirst(options);
  }

  async #start(name: string, signal: AbortSignal): Promise<Running> {
    this.started.push(name);
    const behaviour = this.#behaviour[name];
    if (behaviour === "fails") throw new Error(`${name} failed`);
    if (behaviour === "works late")
      await new Promise((resolve) => setTimeout(resolve, 60));
    if (behaviour === "hangs") {
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          resolve();
        });
      });
      this.aborted.push(name);
      throw new StreamSpaceError("aborted", `${name} was called off`);
    }
    const running = new Running(name);
    this.running.push(running);
    return running;
  }
}

describe("a hedged start", () => {
  it("takes the first that works and starts no other", async () => {
    const world = new World({ a: "works", b: "works" });
    expect((await world.run(20)).name).toBe("a");
    expect(world.started).toEqual(["a"]);
  });

  it("goes on to the next after a failure, at once", async () => {
    const world = new World({ a: "fails", b: "works" });
    expect((await world.run(60_000)).name).toBe("b");
    expect(world.failed).toEqual(["a"]);
  });

  it("does not wait for one that hangs, and ends it", async () => {
    const world = new World({ a: "hangs", b: "works" });
    expect((await world.run(20)).name).toBe("b");
    expect(world.aborted).toEqual(["a"]);
    expect(world.slower).toEqual(["a"]);
    expect(world.failed).toEqual([]);
  });

  it("takes one that was slow but came before the next, and ends the next", async () => {
    const world = new World({ a: "works late", b: "hangs" });
    expect((await world.run(20)).name).toBe("a");
    expect(world.started).toEqual(["a", "b"]);
    expect(world.aborted).toEqual(["b"]);
    expect(world.slower, "it came later, and had less time").toEqual([]);
  });

  it("closes what came too late", async () => {
    const world = new World({ a: "works late", b: "works" });
    const winner = await world.run(20);
    expect(winner.name).toBe("b");
    expect(world.running.map(({ name, isClosed }) => [name, isClosed])).toEqual(
      [
        ["b", false],
        ["a", true],
      ],
    );
  });

  it("fails with the last failure where none works", async () => {
    const world = new World({ a: "fails", b: "fails" });
    await expect(world.run(20)).rejects.toThrow("b failed");
    expect(world.failed).toEqual(["a", "b"]);
  });

  it("ends with its signal, blames nobody, and leaves nothing", async () => {
    const world = new World({ a: "hangs", b: "hangs" });
    const start = world.run(10);
    setTimeout(() => {
      world.controller.abort();
    }, 40);
    await expect(start).rejects.toMatchObject({ code: "aborted" });
    expect(world.aborted.toSorted()).toEqual(["a", "b"]);
    expect([...world.failed, ...world.slower]).toEqual([]);
  });

  it("says so where there is nothing to start", async () => {
    await expect(new World({}).run(20)).rejects.toMatchObject({
      code: "missing-element",
    });
  });
});
