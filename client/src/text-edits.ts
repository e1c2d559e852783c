/**
 * What the events of the text field mean to the session. Pure.
 */

/** Keysyms of the keys that on-screen keyboards report by what they did. */
const returnKeysym = 0xff0d;
const keysymOfEdit: Readonly<Record<string, number>> = {
  deleteContentBackward: 0xff08,
  deleteWordBackward: 0xff08,
  deleteContentForward: 0xffff,
  insertLineBreak: returnKeysym,
  insertParagraph: returnKeysym,
};
/** Kinds of input that are text. What was composed comes with the end of its composition. */
const insertions: ReadonlySet<string> = new Set([
  "insertText",
  "insertReplacementText",
]);

/** What an `input` event of the field has done; `undefined`: nothing that concerns the session. */
export function editOf({
  inputType,
  data,
}: {
  inputType: string;
  data: string | null;
}): { keysym: number } | { text: string } | undefined {
  const keysym = keysymOfEdit[inputType];
  if (keysym !== undefined) return { keysym };
  if (!insertions.has(inputType) || data === "") return undefined;
  if (data !== null) return { text: data };
  // Chromium tells each line break of a text as one of its own, without its character.
  return inputType === "insertText" ? { keysym: returnKeysym } : undefined;
}
