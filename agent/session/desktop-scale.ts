/**
 * How large a desktop is drawn, in the words of each place where toolkits look for it. Pure.
 */
import type { Xsettings } from "../x11/xsettings.ts";
import type { ScreenGeometry } from "../x11/randr-requests.ts";

/** Resolutions that toolkits can do something with. */
const dpiRange = { min: 48, max: 768 } as const;
const mmPerInch = 25.4;
/** Pixels of a cursor at 96 dots per inch. */
const cursorPixels = 24;
const usualDpi = 96;
/** XSETTINGS and GTK count in 1/1024 dot per inch. */
const dpiUnit = 1_024;

/** Dots per inch of a desktop that is drawn `scale` times as large as at `baseDpi`. */
export function scaledDpi(baseDpi: number, scale: number): number {
  const { min, max } = dpiRange;
  return Math.min(Math.max(Math.round(baseDpi * scale), min), max);
}

/** A screen of that size and resolution, for RandR. */
export function screenGeometry(
  size: { width: number; height: number },
  dpi: number,
): ScreenGeometry {
  const mm = (pixels: number): number =>
    Math.max(Math.round((pixels * mmPerInch) / dpi), 1);
  return {
    width: size.width,
    height: size.height,
    widthMm: mm(size.width),
    heightMm: mm(size.height),
  };
}

/**
 * For GTK, and others that know XSETTINGS. GTK draws at whole multiples (WindowScalingFactor), and lets fonts make up
 * for the rest (UnscaledDPI). No theme: it would take the place of the one in the user's own files.
 */
export function xsettingsOf(dpi: number): Xsettings {
  const factor = Math.max(Math.floor(dpi / usualDpi), 1);
  return {
    "Xft/DPI": dpi * dpiUnit,
    "Gdk/WindowScalingFactor": factor,
    "Gdk/UnscaledDPI": Math.round((dpi * dpiUnit) / factor),
    "Gtk/CursorThemeSize": cursorSize(dpi),
    "Xft/Antialias": 1,
    "Xft/Hinting": 1,
    "Xft/HintStyle": "hintslight",
    // Video does not keep the colours of single pixels.
    "Xft/RGBA": "none",
    "Net/DoubleClickTime": 400,
    "Net/DoubleClickDistance": 5,
    "Net/DndDragThreshold": 8,
    "Net/CursorBlink": 1,
    "Net/CursorBlinkTime": 1_200,
  };
}

/** For Qt, xterm, Firefox and others that read X resources. */
export function resourcesOf(dpi: number): Readonly<Record<string, string>> {
  return { "Xft.dpi": String(dpi), "Xcursor.size": String(cursorSize(dpi)) };
}

/** X resources with some of them set, and all others as they were. */
export function mergeResources(
  before: string,
  set: Readonly<Record<string, string>>,
): string {
  const kept = before
    .split("\n")
    .filter((line) => line !== "" && !(nameOf(line) in set));
  const lines = Object.entries(set).map(
    ([name, value]) => `${name}:\t${value}`,
  );
  return `${[...kept, ...lines].join("\n")}\n`;
}

function nameOf(line: string): string {
  return line.slice(0, Math.max(line.indexOf(":"), 0)).trim();
}

function cursorSize(dpi: number): number {
  return Math.max(Math.round((cursorPixels * dpi) / usualDpi), 1);
}
