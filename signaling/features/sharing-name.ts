/**
 * Display names, as others may see them. What people type ends up on other people's screens.
 */
import { sharingLimits } from "../protocol.ts";

/** Marks above and below a letter; more than this is a tower that covers the lines around it. */
const maxMarks = 3;

/**
 * Makes a name harmless: one line, no controls, no characters that turn the direction of text or show nothing, no
 * towers of marks, {@link sharingLimits.nameLength} code points at most. Idempotent. Empty where nothing is left.
 */
export function cleanName(text: string): string {
  const visible = text
    .replace(/[\p{Z}\t\r\n\v\f]+/gu, " ")
    // Joiners stay: Persian and emoji need them.
    .replace(/(?![\u200c\u200d])\p{C}/gu, "")
    .replace(/(?:\u034f|[\u2800\u3164\u115f\u1160\uffa0])/gu, "")
    .normalize("NFC") // After what stood between a letter and its marks is gone.
    .replace(new RegExp(`(\\p{M}{${maxMarks}})\\p{M}+`, "gu"), "$1")
    .replace(/[\u200c\u200d]{2,}/gu, "\u200d")
    .replace(/ {2,}/gu, " ");
  const cut = Array.from(trim(visible))
    .slice(0, sharingLimits.nameLength)
    .join("");
  return trim(cut);
}

/** Nothing that is invisible at either end. */
function trim(text: string): string {
  return text.replace(/^[ \u200c\u200d\p{M}]+|[ \u200c\u200d]+$/gu, "");
}
