/**
 * Which steps of a smoke test are typed, and which paste.
 */
import { expect, it } from "vitest";
import type { SmokeStep } from "../../../scripts/test-image/definition.ts";
import { partsOf } from "../../../scripts/test-image/smoke-steps.ts";

const typed: SmokeStep[] = [{ type: "echo" }, { waitForFile: "typed.txt" }];
const pasted: SmokeStep[] = [
  { paste: "echo %TOKEN%" },
  { press: "Enter" },
  { waitForFile: "%TOKEN%.txt" },
];

it("types what comes before the first paste, and pastes from there on", () => {
  const steps = [...typed, ...pasted, ...pasted];
  expect(partsOf(steps)).toEqual({
    typing: typed,
    pasting: [...pasted, ...pasted],
  });
});

it.each([
  ["nothing", []],
  ["typing alone", typed],
])("pastes nothing of %s", (_, steps) => {
  expect(partsOf(steps)).toEqual({ typing: steps, pasting: [] });
});

it("types nothing where pasting is all", () => {
  expect(partsOf(pasted)).toEqual({ typing: [], pasting: pasted });
});
