/**
 * Xvfb: an X server with a screen in memory and nothing else.
 */
import { displayNumberArguments } from "./display-number.ts";
import type { XServer, XServerStart } from "./x-server.ts";

const program = "Xvfb";

/** Its screen. */
export interface XvfbOptions {
  /** Pixels; it can shrink from there, and not grow. */
  width: number;
  height: number;
  /** Dots per inch. */
  dpi: number;
}

/** The arguments. */
export function xvfbArguments(
  { width, height, dpi }: XvfbOptions,
  { displayNumber, xauthority }: Omit<XServerStart, "signal">,
): string[] {
  return [
    ...(displayNumber === undefined ? [] : [`:${displayNumber}`]),
    ...displayNumberArguments,
    ...["-screen", "0", `${width}x${height}x24`, "-dpi", String(dpi)],
    ...["-nolisten", "tcp", "-noreset", "-auth", xauthority],
  ];
}

/** Xvfb with this screen. */
export function xvfb(options: XvfbOptions): XServer {
  return {
    name: "xvfb",
    prepare: (start) =>
      Promise.resolve({
        command: {
          ...{ name: program, file: program },
          args: xvfbArguments(options, start),
        },
        rfbSocket: undefined,
      }),
  };
}
