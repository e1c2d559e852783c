import { expect, it } from "vitest";
import { editOf } from "../../../client/src/text-edits.ts";

const returnKey = { keysym: 0xff0d };

it.each([
  ["text", "insertText", "grüße", { text: "grüße" }],
  ["text of a suggestion", "insertReplacementText", "word", { text: "word" }],
  ["a line break of Chromium", "insertText", null, returnKey],
  ["a line break", "insertLineBreak", null, returnKey],
  ["a paragraph", "insertParagraph", null, returnKey],
  ["the delete key", "deleteContentBackward", null, { keysym: 0xff08 }],
  ["nothing", "insertText", "", undefined],
  ["a suggestion without text", "insertReplacementText", null, undefined],
  ["what was dropped", "insertFromDrop", "text", undefined],
])("%s is told as what it does", (_what, inputType, data, edit) => {
  expect(editOf({ inputType, data })).toEqual(edit);
});
