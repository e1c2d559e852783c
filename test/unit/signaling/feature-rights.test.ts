/**
 * Clipboard, files and size of the screen: what they do for somebody who may not act, which they decide by themselves.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  clipboardFeature,
  type SessionClipboard,
} from "../../../signaling/features/clipboard.ts";
import {
  filesFeature,
  type SessionFiles,
} from "../../../signaling/features/files.ts";
import { resizeFeature } from "../../../signaling/features/resize.ts";
import type { ClientMessage } from "../../../signaling/protocol.ts";
import { messageRights } from "../../../signaling/viewer-access.ts";
import { allTypes, sampleMessage } from "../../fixtures/message-samples.ts";
import { SharingWorld, type SharingViewer } from "../../fakes/sharing-world.ts";

type Type = ClientMessage["type"];

/** What a feature has done of what it was told. */
let reached: string[];
let world: SharingWorld;
let controller: SharingViewer;
let looker: SharingViewer;
let another: SharingViewer;

beforeEach(() => {
  vi.useFakeTimers();
  reached = [];
});
afterEach(() => {
  world.close();
  vi.useRealTimers();
});

async function* secretPieces(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from("secret"));
}

describe("the features that decide by themselves", () => {
  const deciding = allTypes.filter((type) => messageRights[type] === "feature");
  const clipboard: SessionClipboard = {
    current: () => ({
      serial: 1,
      selection: "clipboard",
      changedMs: 0,
      formats: [{ format: "text", bytes: 6 }],
    }),
    follow: () => () => undefined,
    read: () => {
      reached.push("clipboard-get");
      return Promise.resolve({ bytes: 6, content: Buffer.from("secret") });
    },
    write: () => {
      reached.push("clipboard-put");
      return Promise.resolve(2);
    },
  };
  const files: SessionFiles = {
    list: () => {
      reached.push("files-list");
      return Promise.resolve({ files: [], isWhole: true });
    },
    openUpload: () =>
      Promise.resolve({
        write: () => Promise.resolve(),
        finish: () => {
          reached.push("file-put");
          return Promise.resolve("evil.txt");
        },
        discard: () => Promise.resolve(),
      }),
    openDownload: () => {
      reached.push("file-get");
      return Promise.resolve({
        bytes: 6,
        content: secretPieces(),
        close: () => Promise.resolve(),
      });
    },
    loggedName: () => undefined,
  };
  const features = [
    clipboardFeature(clipboard, { policy: "both", maxBytes: 1_000 }),
    filesFeature(files, { policy: "both", maxBytes: 1_000 }),
    resizeFeature({
      limits: {
        min: { width: 320, height: 240 },
        max: { width: 4_096, height: 4_096 },
      },
      resize: () => {
        reached.push("resize");
        return Promise.resolve();
      },
    }),
  ];

  function sampleOf(type: Type): string {
    return sampleMessage(type, controller.id, another.id);
  }

  /** Says it, and sends the content of a transfer that it may announce. */
  async function act(viewer: SharingViewer, type: Type): Promise<void> {
    viewer.viewer.onText(sampleOf(type));
    viewer.viewer.onFrame(new Uint8Array([0, 0, 0, 1, 97, 98, 99]));
    await vi.advanceTimersByTimeAsync(10);
  }

  function enter(mode: "shared" | "exclusive"): void {
    world = new SharingWorld({ features, rules: { mode } });
    controller = world.come("right");
    looker = world.come(mode === "shared" ? "look" : "right");
    another = world.come("look");
  }

  it.each(deciding)("do not what a looker says: %s", async (type) => {
    enter("shared");
    await act(looker, type);
    expect(reached).toEqual([]);
    expect(looker.errors(type)).toMatchObject([{ error: "not-allowed" }]);
    expect(looker.socket.frames).toEqual([]);
    expect(JSON.stringify(looker.socket.sent)).not.toContain("secret");
  });

  it.each(deciding)(
    "do not what one without control says: %s",
    async (type) => {
      enter("exclusive");
      await act(looker, type);
      expect(reached).toEqual([]);
      expect(looker.socket.frames).toEqual([]);
    },
  );

  it.each(deciding)("do what one with control says: %s", async (type) => {
    enter("exclusive");
    await act(controller, type);
    expect(reached).toEqual([type]);
  });

  it.each(["file-put", "clipboard-put"] as const)(
    "do not finish what was begun before control was lost: %s",
    async (type) => {
      enter("exclusive");
      controller.viewer.onText(sampleOf(type));
      looker.say({ type: "control-take" });
      controller.viewer.onFrame(new Uint8Array([0, 0, 0, 1, 97, 98, 99]));
      await vi.advanceTimersByTimeAsync(10);
      expect(reached).toEqual([]);
      expect(controller.socket.of(`${type}-done`)).toMatchObject([
        { reason: "not-allowed" },
      ]);
    },
  );

  it("offer a looker nothing of the clipboard", () => {
    enter("shared");
    expect(looker.socket.of("clipboard-policy")).toMatchObject([
      { policy: "off" },
    ]);
    expect(looker.socket.of("clipboard-offer")).toEqual([]);
    expect(controller.socket.of("clipboard-offer")).toHaveLength(1);
  });
});
