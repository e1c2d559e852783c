import { expect, test } from "vitest";
import {
  keyboardLayoutFeature,
  type LayoutHost,
} from "../../../signaling/features/keyboard-layout.ts";
import { messageRights } from "../../../signaling/viewer-access.ts";
import type { ViewerSide } from "../../../signaling/viewer-feature.ts";

function setUp(): {
  sent: unknown[];
  reports: string[];
  ask: (layout: string) => void;
  close: () => void;
  listeners: Set<() => void>;
} {
  const [sent, reports] = [[] as unknown[], [] as string[]];
  const listeners = new Set<() => void>();
  const host: LayoutHost & { current: string } = {
    current: "us",
    change: (layout) => {
      if (layout === "xx") return Promise.reject(new Error("no such layout"));
      host.current = layout;
      for (const listener of listeners) listener();
      return Promise.resolve();
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const viewer = {
    send: (message: unknown) => sent.push(message),
    report: (error: string, message: string) =>
      reports.push(`${error}: ${message}`),
  } as unknown as ViewerSide;
  const feature = keyboardLayoutFeature(host)(viewer);
  return {
    ...{ sent, reports, listeners },
    ask: (layout) =>
      feature.handlers["keyboard-layout"]?.({
        ...{ type: "keyboard-layout", layout },
      }),
    close: () => {
      feature.close();
    },
  };
}

test("a viewer is told the layout at once, and each change", () => {
  const { sent, ask } = setUp();
  ask("de");
  expect(sent).toEqual([
    { type: "keyboard-layout", layout: "us" },
    { type: "keyboard-layout", layout: "de" },
  ]);
});

test("who has no control is refused before the feature is asked", () => {
  expect(messageRights["keyboard-layout"]).toBe("control");
});

test("a layout that does not exist is an answer, not the end", async () => {
  const { reports, ask } = setUp();
  ask("xx");
  ask("");
  await Promise.resolve();
  expect(reports.sort()).toEqual([
    "not-allowed: name a layout",
    "not-allowed: no such layout",
  ]);
});

test("nobody listens after the end", () => {
  const { listeners, close } = setUp();
  close();
  close();
  expect(listeners.size).toBe(0);
});
