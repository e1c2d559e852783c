/**
 * The layout of the session's keyboard, as viewers see and change it.
 */
import { messageOf } from "../../agent/base/errors.ts";
import type { OpenFeature } from "../viewer-feature.ts";

/** What this wants of the session. */
export interface LayoutHost {
  /** The layout that the session has; empty: the display's own. */
  readonly current: string;
  /** Rejects where that cannot be. */
  change(layout: string): Promise<void>;
  /** Calls `listener` after each change; returns the function that ends that. */
  onChange(listener: () => void): () => void;
}

/** Tells each viewer the layout, and lets those who control the session change it. */
export function keyboardLayoutFeature(host: LayoutHost): OpenFeature {
  return (viewer) => {
    const tell = (): void => {
      viewer.send({ type: "keyboard-layout", layout: host.current });
    };
    tell();
    return {
      handlers: {
        "keyboard-layout": ({ type, layout }) => {
          if (layout === "") {
            viewer.report("not-allowed", "name a layout", type);
            return;
          }
          host.change(layout).catch((error: unknown) => {
            viewer.report("not-allowed", messageOf(error), type);
          });
        },
      },
      close: host.onChange(tell),
    };
  };
}
