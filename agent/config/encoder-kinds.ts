/**
 * Kinds of values that name video encoders.
 */
import {
  candidateNamed,
  encoderElements,
} from "../../encoders/candidates/encoder-candidates.ts";
import { encoderFamilies } from "../../encoders/video-encoding.ts";
import type { ValueKind } from "./setting.ts";
import { preferenceList } from "./value-kinds.ts";

const elements = preferenceList(encoderElements);

/** Elements, one for a codec at most; empty for `auto`. */
export const encoderElementsKind: ValueKind<readonly string[]> = {
  placeholder: "elements",
  allowed: `\`auto\`, or a comma-separated list with at most one encoder for each codec, of ${encoderElements.map((element) => `\`${element}\``).join(", ")}`,
  read(text) {
    if (text === "auto") return { ok: true, value: [] };
    const result = elements.read(text);
    if (!result.ok) return result;
    const clash = sameCodec(result.value);
    return clash === undefined ? result : { ok: false, reason: clash };
  },
};

/** The codec that `element` encodes. */
export function codecOfElement(element: string): string | undefined {
  return candidateNamed(element)?.codec;
}

/** Says which two of `names` encode the same codec. */
function sameCodec(names: readonly string[]): string | undefined {
  const seen = new Map<string | undefined, string>();
  for (const name of names) {
    const codec = codecOfElement(name);
    const other = seen.get(codec);
    if (other !== undefined) return `${other} and ${name} both encode ${codec}`;
    seen.set(codec, name);
  }
  return undefined;
}

/** Elements and families in the order of preference. */
export const encoderPreference: ValueKind<readonly string[]> = preferenceList([
  ...encoderFamilies,
  ...encoderElements,
]);
