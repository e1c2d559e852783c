/**
 * Whether the screen can be captured on damage, which needs libraries by name.
 */
import { messageOf } from "../../base/errors.ts";
import { fine, type Check, type Finding } from "./finding.ts";

/** Libraries that the capture child loads, and the Debian package that carries each. */
const libraries: Readonly<Record<string, string>> = {
  "libglib-2.0.so.0": "libglib2.0-0",
  "libgstreamer-1.0.so.0": "libgstreamer1.0-0",
  "libgstapp-1.0.so.0": "libgstreamer-plugins-base1.0-0",
  "libgstvideo-1.0.so.0": "libgstreamer-plugins-base1.0-0",
  "liborc-0.4.so.0": "liborc-0.4-0",
};

/** Names what keeps capture on damage from working; a session then polls, or fails where damage was insisted on. */
export const captureCheck: Check = {
  area: "capture",
  async run({ videoCapture }) {
    if (videoCapture === "polling") {
      return [fine("capture", "the screen is polled, as set")];
    }
    const missing = await missingLibraries();
    if (missing.length === 0) {
      return [fine("capture", "the libraries for capture on damage load")];
    }
    const finding: Finding = {
      area: "capture",
      status: videoCapture === "damage" ? "fail" : "warn",
      message: `the screen will be polled: ${missing.map(({ why }) => why).join("; ")}`,
      mend: `Install: apt-get install ${[...new Set(missing.map(({ debianPackage }) => debianPackage))].join(" ")}`,
    };
    return [finding];
  },
};

async function missingLibraries(): Promise<
  { debianPackage: string; why: string }[]
> {
  // Loaded here alone: no other command has a use for the FFI.
  const { NativeLibrary } =
    await import("../../../encoders/gstreamer-library.ts");
  return Object.entries(libraries).flatMap(([name, debianPackage]) => {
    try {
      NativeLibrary.open(name);
      return [];
    } catch (error) {
      return [{ debianPackage, why: messageOf(error) }];
    }
  });
}
