/**
 * Tells a viewer what the pointer looks like, so that its page draws it without a round trip.
 *
 * Positions are not sent: the viewer's own pointer is where the remote one is.
 */
import { CursorCache } from "../protocol/cursor-cache.ts";
import { plainCursor, type CursorPicture } from "../protocol/cursor.ts";
import type { OpenFeature } from "../viewer-feature.ts";

/** A cursor. The same look has the same key, however often an application makes it anew. */
export interface Cursor {
  readonly key: string;
  readonly image: CursorPicture;
}

/** What the feature needs of the display. */
export interface CursorSource {
  /** The cursor that is shown now: `null` for one of which nothing is to be seen, `undefined` while it is not known. */
  current(): Cursor | null | undefined;
  /** Calls `listener` for each change; returns the function that ends that. */
  onChange(listener: () => void): () => void;
}

/** The feature for sessions whose pointer is not in the video. */
export function cursorFeature(source: CursorSource): OpenFeature {
  return (viewer) => {
    const known = new CursorCache<true>();
    let told: string | null | undefined;
    const tell = (): void => {
      const cursor = source.current();
      const key = cursor === undefined ? plainCursor : (cursor?.key ?? null);
      if (key === told) return;
      told = key;
      if (cursor === undefined || cursor === null) {
        viewer.send({ type: "cursor", key });
      } else if (known.use(cursor.key) === undefined) {
        known.remember(cursor.key, true);
        viewer.send({ type: "cursor", ...cursor });
      } else {
        viewer.send({ type: "cursor", key: cursor.key });
      }
    };
    const stop = source.onChange(tell);
    tell();
    return { handlers: {}, close: stop };
  };
}
