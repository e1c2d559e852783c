/**
 * Keys that browsers and systems keep to themselves, for a menu to strike them. Pure.
 */

const [control, alt, shift, superKey] = [0xffe3, 0xffe9, 0xffe1, 0xffeb];
const [tab, escape, deleteKey] = [0xff09, 0xff1b, 0xffff];
const functionKey = (number: number): number => 0xffbd + number;
const letter = (character: string): number => character.charCodeAt(0);

interface Combination {
  /** What the user reads. Names of keys are not translated. */
  readonly label: string;
  /** Pressed in this order, released in the reverse. */
  readonly keysyms: readonly number[];
}

/** By name, in the order of a menu. */
export const combinations = {
  "ctrl-alt-delete": {
    label: "Ctrl+Alt+Del",
    keysyms: [control, alt, deleteKey],
  },
  super: { label: "Super", keysyms: [superKey] },
  "alt-tab": { label: "Alt+Tab", keysyms: [alt, tab] },
  "alt-shift-tab": { label: "Alt+Shift+Tab", keysyms: [alt, shift, tab] },
  "alt-f4": { label: "Alt+F4", keysyms: [alt, functionKey(4)] },
  "ctrl-w": { label: "Ctrl+W", keysyms: [control, letter("w")] },
  "ctrl-t": { label: "Ctrl+T", keysyms: [control, letter("t")] },
  "ctrl-n": { label: "Ctrl+N", keysyms: [control, letter("n")] },
  "ctrl-tab": { label: "Ctrl+Tab", keysyms: [control, tab] },
  "ctrl-escape": { label: "Ctrl+Esc", keysyms: [control, escape] },
  escape: { label: "Esc", keysyms: [escape] },
  tab: { label: "Tab", keysyms: [tab] },
  print: { label: "Print", keysyms: [0xff61] },
  pause: { label: "Pause", keysyms: [0xff13] },
  menu: { label: "Menu", keysyms: [0xff67] },
  f1: { label: "F1", keysyms: [functionKey(1)] },
  f2: { label: "F2", keysyms: [functionKey(2)] },
  f3: { label: "F3", keysyms: [functionKey(3)] },
  f4: { label: "F4", keysyms: [functionKey(4)] },
  f5: { label: "F5", keysyms: [functionKey(5)] },
  f6: { label: "F6", keysyms: [functionKey(6)] },
  f7: { label: "F7", keysyms: [functionKey(7)] },
  f8: { label: "F8", keysyms: [functionKey(8)] },
  f9: { label: "F9", keysyms: [functionKey(9)] },
  f10: { label: "F10", keysyms: [functionKey(10)] },
  f11: { label: "F11", keysyms: [functionKey(11)] },
  f12: { label: "F12", keysyms: [functionKey(12)] },
} as const satisfies Record<string, Combination>;
/** What {@link combinations} has. */
export type CombinationName = keyof typeof combinations;

/** All of them, for a menu. */
export const combinationList: readonly {
  readonly id: CombinationName;
  readonly label: string;
}[] = (Object.keys(combinations) as CombinationName[]).map((id) => ({
  id,
  label: combinations[id].label,
}));
