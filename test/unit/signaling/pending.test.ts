import { describe, expect, test } from "vitest";
import { placeToFree } from "../../../signaling/pending.ts";
import type { Viewer } from "../../../signaling/viewer.ts";

type Phase = Viewer["phase"];
interface Sketch {
  phase: Phase;
  number: number;
}

/** `count` viewers of one address, numbered from `first` in the order in which they came. */
function viewers(
  count: number,
  options: { phase: Phase; address?: string; first?: number },
): [Sketch, string][] {
  const { phase, address, first = 0 } = options;
  return Array.from({ length: count }, (_, index) => [
    { phase, number: first + index },
    address ?? `address ${first + index}`,
  ]);
}

const newcomer = "newcomer";

describe("who makes room for a newcomer", () => {
  test.each<{
    what: string;
    there: [Sketch, string][];
    goes: number | undefined;
  }>([
    { what: "nobody in an empty session", there: [], goes: undefined },
    {
      what: "nobody below 64 silent ones",
      there: viewers(63, { phase: "hello" }),
      goes: undefined,
    },
    {
      what: "the oldest of 64 silent ones",
      there: viewers(64, { phase: "hello" }),
      goes: 0,
    },
    {
      what: "nobody for viewers who are in, or on their way out",
      there: [
        ...viewers(100, { phase: "open", address: newcomer }),
        ...viewers(100, { phase: "closed", address: newcomer }),
        ...viewers(15, { phase: "hello", address: newcomer }),
      ],
      goes: undefined,
    },
    {
      what: "the oldest silent one of the newcomer's address, which has 16",
      there: [
        ...viewers(10, { phase: "hello", address: "other" }),
        ...viewers(2, { phase: "waiting", address: newcomer, first: 20 }),
        ...viewers(14, { phase: "hello", address: newcomer, first: 30 }),
      ],
      goes: 30,
    },
    {
      what: "nobody of an address that has 16 when the newcomer is of another",
      there: viewers(16, { phase: "hello", address: "other" }),
      goes: undefined,
    },
    {
      what: "a silent one before one whose token is yet to be looked at",
      there: [
        ...viewers(63, { phase: "waiting" }),
        ...viewers(1, { phase: "hello", first: 63 }),
      ],
      goes: 63,
    },
    {
      what: "the newest where all wait, so that the others get their turn",
      there: viewers(16, { phase: "waiting", address: newcomer }),
      goes: 15,
    },
  ])("$what", ({ there, goes }) => {
    expect(placeToFree(new Map(there), newcomer)?.number).toBe(goes);
  });
});
