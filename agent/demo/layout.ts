/**
 * Where things are on the demo desktop. Pure.
 */
import type { Rectangle } from "../x11/requests.ts";

/** Where the demo puts its windows on a screen. */
export interface DesktopLayout {
  window: Rectangle;
  /** `undefined`: no terminal. */
  terminal: Rectangle | undefined;
}

/** Places within the window; what there is no room for is `undefined`. */
export interface WindowLayout {
  margin: number;
  /** Base line of the first line of the title. */
  titleY: number;
  /** Base line of the first line of the sentences, and how many lines of them have room. */
  sentenceY: number;
  sentenceLines: number;
  clock: Rectangle | undefined;
  track: Rectangle | undefined;
  /** Base line of the label of the text field. */
  labelY: number;
  field: Rectangle;
}

/** Height of a title bar that a window manager may put over a window. */
const titleBarHeight = 30;
/** The smallest side of clock and track that shows anything, in pixels. */
const minSide = 40;

/** Divides the screen between the window and, where there is one, a terminal: beside it, or below on an upright screen. */
export function layoutDesktop(
  screen: { width: number; height: number },
  withTerminal: boolean,
): DesktopLayout {
  const margin = Math.round(screen.width * 0.025);
  const y = margin; // Window managers put the frame, with its title bar, there.
  const height = screen.height - 2 * margin - titleBarHeight;
  const width = screen.width - 2 * margin;
  const gap = Math.round(margin * 0.6);
  if (!withTerminal)
    return { window: { x: margin, y, width, height }, terminal: undefined };
  if (screen.height > screen.width) {
    const upper = Math.round(height * 0.6);
    const terminalY = y + upper + titleBarHeight + gap;
    const lower = y + height - terminalY;
    return {
      window: { x: margin, y, width, height: upper },
      terminal: { x: margin, y: terminalY, width, height: lower },
    };
  }
  const left = Math.round(screen.width * 0.56);
  const terminalX = margin + left + gap;
  const right = screen.width - terminalX - margin;
  return {
    window: { x: margin, y, width: left, height },
    terminal: { x: terminalX, y, width: right, height },
  };
}

/**
 * Divides the window from top to bottom: title, sentences, clock and track, label and text field. A window that is too
 * small for all of it loses clock and track, then lines of the sentences; the field is what people come for.
 */
export function layoutWindow(options: {
  width: number;
  height: number;
  /** Height of a line of the title above its base line, and lines that it takes. */
  titleHeight: number;
  titleLines: number;
  /** Distance of two lines of text, and lines that the sentences take. */
  lineHeight: number;
  sentenceLines: number;
}): WindowLayout {
  const { width, height, titleHeight, titleLines, lineHeight } = options;
  const margin = marginOf(options);
  const titleY = margin + titleHeight;
  const titleEnd = titleY + (titleLines - 1) * titleLineHeight(titleHeight);
  const sentenceY = titleEnd + Math.round(lineHeight * 1.7);
  const lines = (count: number): number => Math.round(count * lineHeight);
  // From the last base line of the sentences to the window's foot, with the smallest field and its label.
  const room = height - margin - lines(1.5 + 1.8) - sentenceY;
  const sentenceLines = Math.max(
    0,
    Math.min(options.sentenceLines, Math.floor(room / lineHeight) + 1),
  );
  const textEnd = sentenceY + lines(sentenceLines - 1 + 0.4);
  const below = height - margin - textEnd;
  const fieldHeight = Math.max(
    lines(1.5),
    Math.min(lines(4.6), Math.round((below - lines(1.8)) * 0.4)),
  );
  const field = {
    x: margin,
    y: height - margin - fieldHeight,
    width: width - 2 * margin,
    height: fieldHeight,
  };
  const top = textEnd + lines(1);
  const panels = layoutPanels({
    x: margin,
    y: top,
    width: field.width,
    height: field.y - lines(1.8) - top,
  });
  const labelY = field.y - lines(0.6);
  return {
    ...{ margin, titleY, sentenceY, sentenceLines, labelY, field },
    ...panels,
  };
}

/** What is left empty around all in a window of this size, in pixels. */
export function marginOf(size: { width: number; height: number }): number {
  return Math.round(Math.min(size.width, size.height) * 0.06);
}

/** Distance of the base lines of two lines of the title. */
export function titleLineHeight(titleHeight: number): number {
  return Math.round(titleHeight * 1.3);
}

/** Clock and track, side by side or, where the area is upright, one above the other; neither where they would be too small. */
function layoutPanels(area: Rectangle): {
  clock: Rectangle | undefined;
  track: Rectangle | undefined;
} {
  const { x, y, width, height } = area;
  const gap = Math.round(Math.min(width, height) * 0.08);
  if (height > 1.3 * width) {
    const side = Math.min(width, Math.round((height - gap) * 0.55));
    const trackY = y + side + gap;
    return {
      clock: { x: x + Math.round((width - side) / 2), y, ...square(side) },
      track: { x, y: trackY, width, height: y + height - trackY },
    };
  }
  const side = Math.min(height, Math.round((width - gap) * 0.45));
  if (side < minSide) return { clock: undefined, track: undefined };
  const middleY = y + Math.round((height - side) / 2);
  const trackX = x + side + gap;
  return {
    clock: { x, y: middleY, ...square(side) },
    track: { x: trackX, y: middleY, width: x + width - trackX, height: side },
  };
}

function square(side: number): { width: number; height: number } {
  return { width: side, height: side };
}
