import { expect, test } from "vitest";
import { layoutChoices } from "../../../../client/src/panel/keyboard-state.ts";

const layouts = [
  { id: "us", label: "English (US)" },
  { id: "de", label: "Deutsch" },
];

test.each([
  { name: "one of the list", layout: "de", first: "us", length: 2 },
  {
    ...{ name: "another", layout: "us(dvorak)" },
    ...{ first: "us(dvorak)", length: 3 },
  },
  { name: "none that is known", layout: undefined, first: "", length: 3 },
])("a session with $name shows it", ({ layout, first, length }) => {
  const choices = layoutChoices({ layouts, layout });
  expect(choices).toHaveLength(length);
  expect(choices[0]?.id).toBe(first);
  expect(choices.some(({ id }) => id === (layout ?? ""))).toBe(true);
});
