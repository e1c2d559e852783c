import { expect, test } from "vitest";
import { packageWith } from "../../../agent/cli/doctor/encoder-packages.ts";

test.each([
  ["x264enc", "1.22.0", "gstreamer1.0-plugins-ugly"],
  ["x265enc", "1.22.0", "gstreamer1.0-plugins-bad"],
  [
    "svtav1enc",
    "1.22.0",
    "gstreamer1.0-plugins-bad of GStreamer 1.24 or newer (1.22.0 here is too old)",
  ],
  ["svtav1enc", "1.24.2", "gstreamer1.0-plugins-bad"],
  ["svtav1enc", "2.0.0", "gstreamer1.0-plugins-bad"],
  ["svtav1enc", undefined, "gstreamer1.0-plugins-bad"],
])("%s with GStreamer %s would need: %s", (element, gstreamer, wanted) => {
  expect(packageWith(element, gstreamer)).toBe(wanted);
});

test.each([
  ["vavp9lpenc", "1.24"],
  ["vaav1enc", "1.24"],
  ["nvav1enc", "1.26"],
  ["nvautogpuav1enc", "1.26"],
])("%s needs GStreamer %s beside its card", (element, first) => {
  expect(packageWith(element, "1.22.0")).toMatch(
    new RegExp(`card.+ of GStreamer ${first} or newer`),
  );
});
