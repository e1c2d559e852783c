import { expect, it } from "vitest";
import { hasFocus, type FocusPlace } from "../../../client/src/focus.ts";

/** The stage in a document or a shadow tree whose focus is on `focused`. */
function stage(options: {
  isConnected?: boolean;
  focused: unknown;
}): FocusPlace {
  const { isConnected = true, focused } = options;
  return {
    isConnected,
    getRootNode: () => ({ activeElement: focused }),
    contains: (other) => other === "a field of the stage",
  };
}

it.each([
  { where: "in it", focused: "a field of the stage", has: true },
  { where: "elsewhere", focused: "the host of a shadow tree", has: false },
  { where: "nowhere", focused: null, has: false },
])("the stage has a focus that is $where: $has", ({ focused, has }) => {
  expect(hasFocus(stage({ focused }))).toBe(has);
});

it("a stage that is out of the page has no focus", () => {
  const focused = "a field of the stage";
  expect(hasFocus(stage({ isConnected: false, focused }))).toBe(false);
});
