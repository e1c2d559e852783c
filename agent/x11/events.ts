/**
 * From the events of the `x11` package to {@link X11Event}.
 */
import type { X11PackageEvent } from "./connection.ts";
import type { InputEvent, X11Event } from "./requests.ts";
import type { SelectionEvent } from "./selections.ts";

const inputKinds: Readonly<Record<string, InputEvent["kind"]>> = {
  KeyPress: "key-press",
  KeyRelease: "key-release",
  ButtonPress: "button-press",
  ButtonRelease: "button-release",
  MotionNotify: "motion",
};

// MappingNotify, field `request`: 0 modifier, 1 keyboard, 2 pointer.
const pointerMapping = 2;
// XKB protocol, appendix D: the event types within XKB's one event code.
const xkbNewKeyboardNotify = 0;
const xkbMapNotify = 1;
// PropertyNotify, field `state`.
const propertyDeleted = 1;

/** Returns the event in our terms, or `undefined` for one that nobody here reads. */
export function translateEvent(event: X11PackageEvent): X11Event | undefined {
  const kind = inputKinds[event.name];
  if (kind !== undefined) return inputEvent(kind, event);
  const selection = selectionEvent(event);
  if (selection !== undefined) return selection;
  switch (event.name) {
    case "Expose":
      return {
        kind: "expose",
        window: event.wid ?? 0,
        count: event.count ?? 0,
      };
    case "ConfigureNotify":
      return {
        kind: "configure",
        // The package calls the window that changed `wid1`; `wid` is the one that selected the event.
        window: event.wid1 ?? 0,
        width: event.width ?? 0,
        height: event.height ?? 0,
      };
    case "DestroyNotify":
      return { kind: "destroy", window: event.wid1 ?? event.wid ?? 0 };
    case "ClientMessage":
      return {
        kind: "client-message",
        messageType: event.message_type ?? 0,
        data: event.data ?? [],
      };
    case "MappingNotify":
      if (event.request === pointerMapping) return undefined;
      return {
        kind: "mapping",
        firstKeycode: event.firstKeyCode ?? 0,
        count: event.count ?? 0,
      };
    case "CursorNotify":
      return { kind: "cursor", serial: event.cursorSerial ?? 0 };
    case "XkbStateNotify":
      return {
        kind: "keyboard-state",
        state: { modifiers: event.mods ?? 0, group: event.group ?? 0 },
      };
    case "XkbEvent":
      return event.xkbType === xkbNewKeyboardNotify ||
        event.xkbType === xkbMapNotify
        ? { kind: "mapping", firstKeycode: 0, count: 256 }
        : undefined;
    default:
      return undefined;
  }
}

function inputEvent(
  kind: InputEvent["kind"],
  event: X11PackageEvent,
): InputEvent {
  return {
    kind,
    window: event.wid ?? 0,
    detail: event.keycode ?? 0,
    state: event.buttons ?? 0,
    rootX: event.rootx ?? 0,
    rootY: event.rooty ?? 0,
    x: event.x ?? 0,
    y: event.y ?? 0,
  };
}

function selectionEvent(event: X11PackageEvent): SelectionEvent | undefined {
  const selection = event.selection ?? 0;
  const target = event.target ?? 0;
  const property = event.property ?? 0;
  const requestor = event.requestor ?? 0;
  const owner = event.owner ?? 0;
  const time = event.time ?? 0;
  switch (event.name) {
    case "SelectionRequest":
      return {
        kind: "selection-request",
        ...{ time, owner, requestor, selection, target, property },
      };
    case "SelectionClear":
      return { kind: "selection-clear", owner, selection, time };
    case "SelectionNotify":
      // XFIXES has an event of the same name; the core's goes to a requestor.
      return event.requestor === undefined
        ? {
            kind: "selection-owner",
            selection,
            owner,
            time: event.selectionTimestamp ?? 0,
          }
        : {
            kind: "selection-notify",
            ...{ requestor, selection, target, property },
          };
    case "PropertyNotify":
      return {
        kind: "property",
        window: event.wid ?? 0,
        atom: event.atom ?? 0,
        time,
        deleted: event.state === propertyDeleted,
      };
    default:
      return undefined;
  }
}
