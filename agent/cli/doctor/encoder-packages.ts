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

/**
 * By the beginning of an element's name: the GStreamer that first has it, where that is newer than the oldest that the
 * agent runs on (1.20). Seen: the plug-ins of 1.22.0 have none of them; in which release each came is not checked.
 */
const firstVersions: readonly (readonly [start: string, version: string])[] = [
  ["svtav1", "1.24"],
  ["vaav1", "1.24"],
  ["vavp9", "1.24"],
  ["nvav1", "1.26"],
  ["nvautogpuav1", "1.26"],
];

/**
 * The package that brings `element`, and what else it takes.
 * @param gstreamer the version that is installed, e.g. `1.22.0`; where it is too old for the element, the words say so,
 * since its package may be there. `undefined` where it is not known.
 */
export function packageWith(element: string, gstreamer?: string): string {
  const found = packages.find(([start]) => element.startsWith(start));
  const wanted = found?.[1] ?? "gstreamer1.0-plugins-bad";
  const first = firstVersions.find(([start]) => element.startsWith(start))?.[1];
  if (first === undefined || gstreamer === undefined) return wanted;
  if (!isOlder(gstreamer, first)) return wanted;
  return `${wanted} of GStreamer ${first} or newer (${gstreamer} here is too old)`;
}

/** Whether version `one` is older than `other`, by their first two numbers. */
function isOlder(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major === otherMajor ? minor < otherMinor : major < otherMajor;
}
