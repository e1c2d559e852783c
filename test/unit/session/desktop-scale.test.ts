import { describe, expect, it } from "vitest";
import {
  mergeResources,
  resourcesOf,
  scaledDpi,
  screenGeometry,
  xsettingsOf,
} from "../../../agent/session/desktop-scale.ts";

describe("the resolution of a desktop", () => {
  it.each([
    { base: 96, scale: 1, dpi: 96 },
    { base: 96, scale: 1.5, dpi: 144 },
    { base: 120, scale: 2, dpi: 240 },
    { base: 96, scale: 0.1, dpi: 48 },
    { base: 480, scale: 16, dpi: 768 },
  ])("is $dpi for $base scaled by $scale", ({ base, scale, dpi }) => {
    expect(scaledDpi(base, scale)).toBe(dpi);
  });

  it.each([
    { dpi: 96, factor: 1, unscaled: 96, cursor: 24 },
    { dpi: 144, factor: 1, unscaled: 144, cursor: 36 },
    { dpi: 192, factor: 2, unscaled: 96, cursor: 48 },
    { dpi: 240, factor: 2, unscaled: 120, cursor: 60 },
    { dpi: 72, factor: 1, unscaled: 72, cursor: 18 },
  ])(
    "$dpi is what GTK multiplies by $factor",
    ({ dpi, factor, unscaled, cursor }) => {
      expect(xsettingsOf(dpi)).toMatchObject({
        "Xft/DPI": dpi * 1_024,
        "Gdk/WindowScalingFactor": factor,
        "Gdk/UnscaledDPI": unscaled * 1_024,
        "Gtk/CursorThemeSize": cursor,
      });
      expect(resourcesOf(dpi)).toEqual({
        "Xft.dpi": String(dpi),
        "Xcursor.size": String(cursor),
      });
    },
  );

  it("is told by the size in millimetres", () => {
    expect(screenGeometry({ width: 1_920, height: 1_080 }, 96)).toEqual({
      width: 1_920,
      height: 1_080,
      widthMm: 508,
      heightMm: 286,
    });
  });
});

describe("X resources", () => {
  it.each([
    { before: "", after: "Xft.dpi:\t96\n" },
    { before: "Xft.dpi:\t72\n", after: "Xft.dpi:\t96\n" },
    {
      before: "XTerm*font: fixed\nXft.dpi : 72\nXft.dpi.x: 1",
      after: "XTerm*font: fixed\nXft.dpi.x: 1\nXft.dpi:\t96\n",
    },
    { before: "no colon\n", after: "no colon\nXft.dpi:\t96\n" },
  ])("keep the others: $before", ({ before, after }) => {
    expect(mergeResources(before, { "Xft.dpi": "96" })).toBe(after);
  });
});
