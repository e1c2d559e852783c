/**
 * What Debian and Ubuntu call the packages that bring an encoder's elements.
 */

/** By the beginning of an element's name, the longer before the shorter. */
const packages: readonly (readonly [start: string, wanted: string])[] = [
  [
    "nv",
    "an NVIDIA card, its driver with libnvidia-encode, and gstreamer1.0-plugins-bad",
  ],
  ["cuda", "an NVIDIA card, its driver, and gstreamer1.0-plugins-bad"],
  [
    "vaapi",
    "a card with a VA-API driver (intel-media-va-driver or mesa-va-drivers), and gstreamer1.0-vaapi",
  ],
  [
    "va",
    "a card with a VA-API driver (intel-media-va-driver or mesa-va-drivers), and gstreamer1.0-plugins-bad",
  ],
  ["x264", "gstreamer1.0-plugins-ugly"],
  ["vp", "gstreamer1.0-plugins-good"],
  ["rtpav1", "rtpav1pay of gst-plugins-rs, which Debian 12 does not have"],
  ["rtp", "gstreamer1.0-plugins-good"],
];

/** The package that brings `element`, and what else it takes. */
export function packageWith(element: string): string {
  const found = packages.find(([start]) => element.startsWith(start));
  return found?.[1] ?? "gstreamer1.0-plugins-bad";
}
