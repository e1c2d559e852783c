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
    const codecs = result.value.map((name) => candidateNamed(name)?.codec);
    return new Set(codecs).size === codecs.length ? result : { ok: false };
  },
};

/** Elements and families in the order of preference. */
export const encoderPreference: ValueKind<readonly string[]> = preferenceList([
  ...encoderFamilies,
  ...encoderElements,
]);
