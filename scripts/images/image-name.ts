/**
 * What an image may be called: a folder in `images/`, and the last part of a reference. Pure.
 */

const most = 40;
/** The stricter of two rules: a part of a repository's name, which has no two dashes side by side and none at an end. */
const pattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Why no image may have this name, as the end of a sentence; `undefined` where it may. */
export function nameProblem(name: string): string | undefined {
  if (!pattern.test(name) || name.length > most) {
    return `a name has up to ${most} of a-z, 0-9 and single dashes between them, and begins with a letter`;
  }
  if (name === "runtime") return "that is what the images stand on";
  if (name.endsWith("-minimal")) {
    return "-minimal at the end is for images on the minimal runtime";
  }
  if (name.startsWith("streamspace-")) {
    return "streamspace- at the beginning is taken for the project's name";
  }
  return undefined;
}
