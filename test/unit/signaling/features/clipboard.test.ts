import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StreamSpaceError } from "../../../../agent/base/errors.ts";
import {
  clipboardFeature,
  type ClipboardFollower,
  type SessionClipboard,
} from "../../../../signaling/features/clipboard.ts";
import type {
  ClipboardFormat,
  ClipboardPolicy,
  Role,
  ServerMessage,
} from "../../../../signaling/protocol.ts";
import type { ViewerFeature } from "../../../../signaling/viewer-feature.ts";
import { FakeViewerSide } from "../../../fakes/viewer-side.ts";

const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

class FakeSession implements SessionClipboard {
  readonly followers = new Set<ClipboardFollower>();
  readonly written: Map<ClipboardFormat, Uint8Array>[] = [];
  offer = {
    serial: 7,
    selection: "clipboard" as const,
    changedMs: -1, // Before the viewer came.
    formats: [{ format: "text" as const, bytes: 5 }],
  };
  failure: Error | undefined;
  content = bytes("hello");
  /** What reading waits for. */
  reading: Promise<undefined> = Promise.resolve(undefined);

  current(): typeof this.offer {
    return this.offer;
  }

  follow(follower: ClipboardFollower): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  async read(): ReturnType<SessionClipboard["read"]> {
    await this.reading;
    if (this.failure !== undefined) throw this.failure;
    return { bytes: this.content.length, content: this.content };
  }

  write(contents: ReadonlyMap<ClipboardFormat, Uint8Array>): Promise<number> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.written.push(new Map(contents));
    return Promise.resolve(8);
  }
}

let session: FakeSession;
beforeEach(() => {
  vi.useFakeTimers();
  session = new FakeSession();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Opened extends Disposable {
  viewer: FakeViewerSide;
  feature: ViewerFeature;
  /** What it was sent since the last call. */
  news(): ServerMessage[];
  put(
    ...formats: { format: ClipboardFormat; content: Uint8Array }[]
  ): Promise<void>;
  get(serial?: number, format?: ClipboardFormat): Promise<void>;
}

function open(
  policy: ClipboardPolicy,
  options: { role?: Role; maxBytes?: number; controls?: boolean } = {},
): Opened {
  const viewer = new FakeViewerSide(options.role);
  viewer.controls = options.controls ?? viewer.controls;
  const feature = clipboardFeature(session, {
    policy,
    maxBytes: options.maxBytes ?? 100,
  })(viewer);
  let seen = 0;
  return {
    ...{ viewer, feature },
    news: () => {
      const news = viewer.sent.slice(seen);
      seen = viewer.sent.length;
      return news;
    },
    put: async (...formats) => {
      const listed = formats.map(({ format, content }, index) => ({
        ...{ format, bytes: content.length, transfer: 2 * index + 1 },
      }));
      feature.handlers["clipboard-put"]?.({
        ...{ type: "clipboard-put", put: 1, formats: listed },
      });
      for (const [index, { content }] of formats.entries())
        viewer.bulk.onFrame(
          new Uint8Array([0, 0, 0, 2 * index + 1, ...content]),
        );
      await vi.advanceTimersByTimeAsync(0);
    },
    get: async (serial = 7, format = "text") => {
      feature.handlers["clipboard-get"]?.({
        ...{ type: "clipboard-get", serial, format },
      });
      await vi.advanceTimersByTimeAsync(0);
    },
    [Symbol.dispose]: () => {
      feature.close();
      viewer.bulk.close();
    },
  };
}

const refused = (reason: string): object => ({
  ...{ type: "clipboard-put-done", put: 1, serial: 7, reason },
});

interface Row {
  policy: ClipboardPolicy;
  role: Role;
  controls: boolean;
  /** What may be. */
  in: boolean;
  out: boolean;
}

describe.each<Row>([
  { policy: "off", role: "controller", controls: true, in: false, out: false },
  { policy: "in", role: "controller", controls: true, in: true, out: false },
  { policy: "out", role: "controller", controls: true, in: false, out: true },
  { policy: "both", role: "controller", controls: true, in: true, out: true },
  {
    ...{ policy: "both", role: "controller", controls: false },
    ...{ in: false, out: false },
  },
  {
    ...{ policy: "both", role: "viewer", controls: false },
    ...{ in: false, out: false },
  },
  {
    ...{ policy: "both", role: "viewer", controls: true },
    ...{ in: true, out: true },
  },
])("policy $policy, $role, in control: $controls", (row) => {
  const { policy, role, controls } = row;

  test("tells what may be, and offers only what may leave", () => {
    using opened = open(policy, { role, controls });
    const offer = {
      ...{ type: "clipboard-offer", serial: 7, selection: "clipboard" },
      ...{ fresh: false, formats: [{ format: "text", bytes: 5 }] },
    };
    expect(opened.news()).toEqual([
      {
        type: "clipboard-policy",
        policy: controls ? policy : "off",
        maxBytes: 100,
      },
      ...(row.out ? [offer] : []),
    ]);
    expect([...session.followers].map((each) => each.wants())).toEqual([
      row.out,
    ]);
  });

  test(`${row.in ? "takes" : "refuses"} what is put in`, async () => {
    using opened = open(policy, { role, controls });
    opened.news();
    await opened.put({ format: "text", content: bytes("hello") });
    expect(session.written).toEqual(
      row.in ? [new Map([["text", bytes("hello")]])] : [],
    );
    expect(opened.news()).toEqual(
      row.in
        ? [{ type: "clipboard-put-done", put: 1, serial: 8 }]
        : [
            { type: "bulk-end", transfer: 1, reason: "cancelled" },
            refused("not-allowed"),
          ],
    );
    expect(opened.viewer.reports).toHaveLength(row.in ? 0 : 1);
  });

  test(`${row.out ? "gives" : "keeps"} what is asked for`, async () => {
    using opened = open(policy, { role, controls });
    opened.news();
    await opened.get();
    expect(opened.news()).toMatchObject(
      row.out
        ? [{ type: "clipboard-content", serial: 7, bytes: 5, transfer: 0 }]
        : [{ type: "clipboard-refused", reason: "not-allowed" }],
    );
  });
});

describe("what is put in", () => {
  test("is refused where it is larger, all formats together", async () => {
    using opened = open("both", { maxBytes: 9 });
    opened.news();
    await opened.put(
      { format: "text", content: bytes("hello") },
      { format: "html", content: bytes("hello") },
    );
    expect(session.written).toEqual([]);
    expect(opened.news().at(-1)).toEqual(refused("too-large"));
  });

  test("must be a PNG where it says so", async () => {
    using opened = open("both");
    await opened.put({ format: "png", content: bytes("<svg onload=…>") });
    expect(session.written).toEqual([]);
    await opened.put({ format: "png", content: new Uint8Array(png) });
    expect(session.written).toHaveLength(1);
  });

  test("names each format once", async () => {
    using opened = open("both");
    await opened.put(
      { format: "text", content: bytes("a") },
      { format: "text", content: bytes("b") },
    );
    expect(opened.news().at(-1)).toEqual(refused("failed"));
    expect(session.written).toEqual([]);
  });

  test("is refused where control was lost meanwhile", async () => {
    using opened = open("both");
    opened.news();
    opened.feature.handlers["clipboard-put"]?.({
      ...{ type: "clipboard-put", put: 1 },
      formats: [{ format: "text", bytes: 1, transfer: 1 }],
    });
    opened.viewer.controls = false;
    opened.viewer.bulk.onFrame(new Uint8Array([0, 0, 0, 1, 65]));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.written).toEqual([]);
    expect(opened.news()).toEqual([refused("not-allowed")]);
  });

  test("is waited for as long as it comes, however slowly", async () => {
    using opened = open("both");
    opened.news();
    const content = bytes("one letter in fourteen seconds");
    opened.feature.handlers["clipboard-put"]?.({
      ...{ type: "clipboard-put", put: 1 },
      formats: [{ format: "text", bytes: content.length, transfer: 1 }],
    });
    for (const byte of content) {
      await vi.advanceTimersByTimeAsync(14_000);
      opened.viewer.bulk.onFrame(new Uint8Array([0, 0, 0, 1, byte]));
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(session.written).toEqual([new Map([["text", content]])]);
  });

  test("is given up where it stands still", async () => {
    using opened = open("both");
    opened.news();
    opened.feature.handlers["clipboard-put"]?.({
      ...{ type: "clipboard-put", put: 1 },
      formats: [{ format: "text", bytes: 2, transfer: 1 }],
    });
    await vi.advanceTimersByTimeAsync(10_000);
    opened.viewer.bulk.onFrame(new Uint8Array([0, 0, 0, 1, 65]));
    await vi.advanceTimersByTimeAsync(14_999);
    expect(opened.news()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(opened.news()).toEqual([refused("failed")]);
  });

  test("is given up where it never comes", async () => {
    using opened = open("both");
    opened.news();
    opened.feature.handlers["clipboard-put"]?.({
      ...{ type: "clipboard-put", put: 1 },
      formats: [{ format: "text", bytes: 1, transfer: 1 }],
    });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(opened.news()).toEqual([refused("failed")]);
  });
});

describe("what is asked for", () => {
  test.each([
    { name: "has a successor", serial: 6, reason: "outdated" },
    { name: "is not offered", format: "png", reason: "outdated" },
    { name: "is too large", maxBytes: 4, reason: "too-large" },
    {
      ...{ name: "does not come", reason: "unavailable" },
      failure: new StreamSpaceError("timeout", "the program is silent"),
    },
  ] as const)("and $name is refused: $reason", async (row) => {
    const { serial, format, maxBytes, failure } = {
      ...{ serial: 7, format: "text" as const, maxBytes: 100 },
      failure: undefined,
      ...row,
    };
    session.failure = failure;
    using opened = open("both", { maxBytes });
    opened.news();
    await opened.get(serial, format);
    expect(opened.news()).toMatchObject([
      { type: "clipboard-refused", reason: row.reason },
    ]);
  });
});

describe("a viewer that loses control", () => {
  const large = new Uint8Array(1_000_000);
  const lose = ({ viewer, feature }: Opened): void => {
    viewer.controls = false;
    feature.controlLost?.();
  };

  test("gets no more of what was on its way to it", async () => {
    session.content = large;
    using opened = open("both");
    const { viewer } = opened;
    await opened.get();
    expect(viewer.bulkFrames).toHaveLength(8); // A window full.
    lose(opened);
    viewer.bulk.onMessage({ type: "bulk-ack", transfer: 0, bytes: 524_288 });
    await vi.advanceTimersByTimeAsync(0);
    expect(viewer.bulkFrames).toHaveLength(8);
    expect(viewer.bulkMessages).toEqual([
      { type: "bulk-end", transfer: 0, reason: "cancelled" },
    ]);
  });

  test.each([
    { name: "for good", back: false },
    { name: "and has it back before they are read", back: true },
  ])("gets no contents that are being read, $name", async ({ back }) => {
    const reading = Promise.withResolvers<undefined>();
    session.reading = reading.promise;
    using opened = open("both");
    await opened.get();
    opened.news();
    lose(opened);
    opened.viewer.controls = back;
    reading.resolve(undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(opened.news()).toMatchObject([
      { type: "clipboard-refused", reason: "not-allowed" },
    ]);
    expect(opened.viewer.bulkFrames).toEqual([]);
  });

  test("puts no more in: what comes is not waited for", async () => {
    using opened = open("both", { maxBytes: 2_000_000 });
    opened.news();
    opened.feature.handlers["clipboard-put"]?.({
      ...{ type: "clipboard-put", put: 1 },
      formats: [{ format: "text", bytes: 1_000_000, transfer: 1 }],
    });
    lose(opened);
    await vi.advanceTimersByTimeAsync(0);
    expect(opened.news()).toEqual([refused("not-allowed")]);
    expect(opened.viewer.bulkMessages).toEqual([
      { type: "bulk-end", transfer: 1, reason: "cancelled" },
    ]);
  });

  test("gets contents again once it has control again", async () => {
    using opened = open("both");
    lose(opened);
    opened.viewer.controls = true;
    opened.news();
    await opened.get();
    expect(opened.news()).toMatchObject([{ type: "clipboard-content" }]);
  });
});

test("nobody follows after the end, which may come twice", () => {
  using opened = open("both");
  opened.feature.close();
  expect(session.followers.size).toBe(0);
});
