/**
 * The terminal beside the demo window: an `xterm` that ends with it.
 */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Rectangle } from "../x11/requests.ts";
import { colours } from "./painter.ts";

/** The terminal's window has this name. */
export const terminalTitle = "Terminal";

/** Where xterm is, or `undefined` without one. */
export function findXterm(
  path = process.env["PATH"] ?? "",
): string | undefined {
  return path
    .split(delimiter)
    .map((directory) => join(directory, "xterm"))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false; // Not in this directory.
      }
    });
}

/** Starts xterm in about this area. Returns how to end it. */
export function startTerminal(options: {
  xterm: string;
  display: string;
  area: Rectangle;
  fontPixels: number;
}): () => void {
  const { area, fontPixels } = options;
  // A cell of DejaVu Sans Mono; with another font the terminal is a little smaller.
  const cellWidth = Math.ceil(fontPixels * 0.62);
  const cellHeight = Math.ceil(fontPixels * 1.25);
  const columns = Math.max(20, Math.floor(area.width / cellWidth) - 2);
  const rows = Math.max(5, Math.floor(area.height / cellHeight) - 1);
  const child = spawn(
    options.xterm,
    [
      ...["-display", options.display],
      ...["-geometry", `${columns}x${rows}+${area.x}+${area.y}`],
      // In pixels: points would grow with the resolution that the display claims to have.
      ...["-fa", `monospace:pixelsize=${fontPixels}`],
      ...["-bg", hex(colours.background), "-fg", "#f4f1ea"],
      ...["-cr", hex(colours.second), "-b", "8"],
      ...["-title", terminalTitle, "-bc", "+sb", "-u8"],
    ],
    { stdio: "ignore" },
  );
  // A terminal that cannot start is an empty place on the desktop, no reason to end it.
  child.once("error", () => undefined);
  return () => {
    if (child.exitCode === null && child.signalCode === null)
      child.kill("SIGTERM");
  };
}

function hex(colour: number): string {
  return `#${colour.toString(16).padStart(6, "0")}`;
}
