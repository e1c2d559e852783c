/**
 * Where things are on the demo desktop. Pure.
 */
import type { Rectangle } from "../x11/requests.ts";

export interface DesktopLayout {
  window: Rectangle;
  /** `undefined`: no terminal. */
  terminal: Rectangle | undefined;
}

/** Places within the window. */
export interface WindowLayout {
  margin: number;
  /** Base lines of title and sentences. */
  titleY: number;
  sentenceY: number;
  clock: Rectangle;
  track: Rectangle;
  field: Rectangle;
}

/** Height of a title bar that a window manager may put over a window. */
const titleBarHeight = 30;

/** Divides the screen between the window and, where there is one, a terminal beside it. */
export function layoutDesktop(
  screen: { width: number; height: number },
  withTerminal: boolean,
): DesktopLayout {
  const margin = Math.round(screen.width * 0.025);
  const y = margin; // Window managers put the frame, with its title bar, there.
  const height = screen.height - 2 * margin - titleBarHeight;
  const width = withTerminal
    ? Math.round(screen.width * 0.56)
    : screen.width - 2 * margin;
  const terminalX = margin + width + Math.round(margin * 0.6);
  return {
    window: { x: margin, y, width, height },
    terminal: withTerminal
      ? { x: terminalX, y, width: screen.width - terminalX - margin, height }
      : undefined,
  };
}

/** Divides the window: title, sentences, clock and track side by side, text field at the foot. */
export function layoutWindow(options: {
  width: number;
  height: number;
  titleHeight: number;
  lineHeight: number;
}): WindowLayout {
  const { width, height, titleHeight, lineHeight } = options;
  const margin = Math.round(Math.min(width, height) * 0.06);
  const titleY = margin + titleHeight;
  const sentenceY = titleY + Math.round(lineHeight * 1.7);
  const fieldHeight = Math.round(lineHeight * 4.6);
  const top = sentenceY + Math.round(lineHeight * 2.4);
  const field = {
    x: margin,
    y: height - margin - fieldHeight,
    width: width - 2 * margin,
    height: fieldHeight,
  };
  // Above the field is its label.
  const available = field.y - Math.round(lineHeight * 1.8) - margin - top;
  const side = Math.max(
    40,
    Math.min(available, Math.round((width - 3 * margin) * 0.45)),
  );
  const panelY = top + Math.max(0, Math.round((available - side) / 2));
  const trackX = 2 * margin + side;
  return {
    margin,
    titleY,
    sentenceY,
    clock: { x: margin, y: panelY, width: side, height: side },
    track: {
      x: trackX,
      y: panelY,
      width: Math.max(40, width - trackX - margin),
      height: side,
    },
    field,
  };
}
