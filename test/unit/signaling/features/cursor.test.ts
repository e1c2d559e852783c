import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cursorFeature,
  type Cursor,
  type CursorSource,
} from "../../../../signaling/features/cursor.ts";
import {
  CursorCache,
  rememberedCursors,
} from "../../../../signaling/protocol/cursor-cache.ts";
import { FakeViewerSide } from "../../../fakes/viewer-side.ts";

function cursor(key: string): Cursor {
  return { key, image: { png: key, width: 1, height: 1, hotX: 0, hotY: 0 } };
}

class FakeSource implements CursorSource {
  shown: Cursor | null | undefined;
  readonly listeners = new Set<() => void>();

  current(): Cursor | null | undefined {
    return this.shown;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  show(shown: Cursor | null | undefined): void {
    this.shown = shown;
    for (const listener of this.listeners) listener();
  }
}

describe("the cursor feature", () => {
  test("sends a picture once, and its key afterwards", () => {
    const source = new FakeSource();
    source.shown = cursor("a");
    const viewer = new FakeViewerSide();
    cursorFeature(source)(viewer);
    source.show(cursor("b"));
    source.show(cursor("b"));
    source.show(null);
    source.show(cursor("a"));
    expect(viewer.sent).toEqual([
      { type: "cursor", ...cursor("a") },
      { type: "cursor", ...cursor("b") },
      { type: "cursor", key: null },
      { type: "cursor", key: "a" },
    ]);
  });

  test("lets a page show an ordinary cursor until one is known", () => {
    const source = new FakeSource();
    const viewer = new FakeViewerSide();
    cursorFeature(source)(viewer);
    expect(viewer.sent).toEqual([{ type: "cursor", key: "default" }]);
    source.show(cursor("a"));
    expect(viewer.sent.at(-1)).toMatchObject({ key: "a" });
  });

  test("ends with the viewer", () => {
    const source = new FakeSource();
    const viewer = new FakeViewerSide();
    const feature = cursorFeature(source)(viewer);
    feature.close();
    feature.close();
    expect(source.listeners.size).toBe(0);
  });

  test("a page that does as the agent does always has the picture it is told to show", () => {
    const source = new FakeSource();
    const viewer = new FakeViewerSide();
    cursorFeature(source)(viewer);
    const key = fc.integer({ min: 0, max: rememberedCursors * 2 });
    fc.assert(
      fc.property(fc.array(key, { maxLength: 300 }), (keys) => {
        const page = new CursorCache<string>();
        const other = new FakeViewerSide();
        const feature = cursorFeature(source)(other);
        for (const each of keys) source.show(cursor(String(each)));
        feature.close();
        for (const message of other.sent) {
          if (message.type !== "cursor" || message.key === null) continue;
          if (message.key === "default") continue;
          if (message.image !== undefined)
            page.remember(message.key, message.image.png);
          else expect(page.use(message.key)).toBe(message.key);
        }
      }),
    );
  });
});

test("a cache forgets what was not used for longest", () => {
  const cache = new CursorCache<number>(2);
  cache.remember("a", 1);
  cache.remember("b", 2);
  cache.use("a");
  cache.remember("c", 3);
  expect([cache.use("a"), cache.use("b"), cache.use("c")]).toEqual([
    1,
    undefined,
    3,
  ]);
  cache.clear();
  expect(cache.use("a")).toBeUndefined();
});
