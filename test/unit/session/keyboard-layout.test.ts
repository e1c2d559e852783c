import { expect, test } from "vitest";
import { setxkbmapArguments } from "../../../agent/session/keyboard-layout.ts";
import { layoutName } from "../../../signaling/protocol.ts";

test.each([
  ["de", "de", ""],
  ["fr(azerty)", "fr", "azerty"],
  ["us:intl", "us", "intl"],
  ["us,ru(phonetic)", "us,ru", ",phonetic"],
  ["ch(de_nodeadkeys),gr", "ch,gr", "de_nodeadkeys,"],
])("%s is the layout %s with the variant %s", (name, layout, variant) => {
  expect(layoutName.test(name)).toBe(true);
  expect(setxkbmapArguments(name)).toEqual([
    ...["-layout", layout],
    ...["-variant", variant],
  ]);
});

test.each([
  "",
  "d",
  "-option",
  "de -print",
  "de(",
  "de()",
  "de;us",
  "../../etc/passwd",
  "us,de,fr,ru,jp",
  "de(nodeadkeys",
  "a".repeat(40),
])("%j is no layout", (name) => {
  expect(layoutName.test(name)).toBe(false);
});
