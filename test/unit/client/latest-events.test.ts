/**
 * Events for those who come later.
 */
import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import {
  LatestEvents,
  type EventSource,
} from "../../../client/src/latest-events.ts";

interface Events {
  level: number;
  report: string | undefined;
  other: string;
}

class Source implements EventSource<Events> {
  readonly #emitter = new EventEmitter();

  on<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
  ): () => void {
    this.#emitter.on(type, listener);
    return () => {
      this.#emitter.off(type, listener);
    };
  }

  emit<K extends keyof Events>(type: K, event: Events[K]): void {
    this.#emitter.emit(type, event);
  }
}

it("begins with the latest event of a type that is kept, and goes on with the next", () => {
  const source = new Source();
  const events = new LatestEvents<Events>(source, ["level", "report"]);
  source.emit("level", 1);
  source.emit("level", 2);
  const heard: number[] = [];
  const stop = events.on("level", (level) => heard.push(level));
  source.emit("level", 3);
  stop();
  source.emit("level", 4);
  expect(heard).toEqual([2, 3]);
});

it("begins with nothing where there was no event, or where its type is not kept", () => {
  const source = new Source();
  const events = new LatestEvents<Events>(source, ["level"]);
  source.emit("other", "lost");
  const heard: unknown[] = [];
  events.on("level", (level) => heard.push(level));
  events.on("other", (other) => heard.push(other));
  expect(heard).toEqual([]);
  source.emit("other", "told");
  expect(heard).toEqual(["told"]);
});

it("tells that there is nothing any more", () => {
  const source = new Source();
  const events = new LatestEvents<Events>(source, ["report"]);
  source.emit("report", "a report");
  source.emit("report", undefined);
  const heard: unknown[] = [];
  events.on("report", (report) => heard.push(report));
  expect(heard).toEqual([undefined]);
});
