/**
 * Keyboard, XKB and XTEST requests over a {@link Wire}.
 */
import type { XkbExtension, XtestExtension } from "./connection.ts";
import type {
  KeyboardRequests,
  XkbRequests,
  XtestRequests,
} from "./requests.ts";
import type { Wire } from "./wire.ts";
import { getMapRequest, readMap, type XkbMap } from "./xkb-map.ts";

// Codes of the core events that XTEST fakes.
const keyPress = 2;
const keyRelease = 3;
const buttonPress = 4;
const buttonRelease = 5;
const motionNotify = 6;
/** "The screen that the pointer is on", and for motion "the place is absolute". */
const currentScreen = 0;
/** Detail of a motion that is a distance. */
const relative = 1;

// XKB protocol, section 4.1 and appendix D.
const coreKeyboard = 0x100;
const newKeyboardNotify = 1;
const mapNotify = 2;
const stateNotify = 4;
const keySymsAndModifierMap = 0x2 | 0x4;

/** The core keyboard. @param server the keycodes that it has, 8 to 255; those of requests are among them. */
export function createKeyboard(
  wire: Wire,
  server: { min_keycode: number; max_keycode: number },
): KeyboardRequests {
  return {
    async getMapping() {
      // Both requests are sent before the first reply is awaited, so that they show one moment.
      const rows = wire.ask<number[][]>(
        "GetKeyboardMapping",
        (client, reply) => {
          client.GetKeyboardMapping(
            server.min_keycode,
            server.max_keycode - server.min_keycode + 1,
            reply,
          );
        },
      );
      const modifiers = wire.ask<number[][]>(
        "GetModifierMapping",
        (client, reply) => {
          client.GetModifierMapping(reply);
        },
      );
      const [rowsReply, modifiersReply] = await Promise.all([rows, modifiers]);
      return {
        minKeycode: server.min_keycode,
        rows: rowsReply,
        modifiers: modifiersReply,
      };
    },
    setRows(first, rows) {
      wire.send((client) => {
        client.ChangeKeyboardMapping(first, rows[0]?.length ?? 0, rows.flat());
      });
    },
    async getPressedKeycodes() {
      const bits = await wire.ask<Uint8Array>(
        "QueryKeymap",
        (client, reply) => {
          client.QueryKeymap(reply);
        },
      );
      const pressed: number[] = [];
      bits.forEach((byte, index) => {
        for (let bit = 0; bit < 8; bit += 1) {
          if ((byte & (1 << bit)) !== 0) pressed.push(index * 8 + bit);
        }
      });
      return pressed;
    },
  };
}

/** The XKB extension of the core keyboard: its map, its state and its locks. */
export function createXkb(wire: Wire, xkb: XkbExtension): XkbRequests {
  return {
    selectEvents() {
      wire.send(() => {
        xkb.SelectEvents(
          coreKeyboard,
          newKeyboardNotify | mapNotify | stateNotify,
          0,
          newKeyboardNotify | stateNotify,
          keySymsAndModifierMap,
          keySymsAndModifierMap,
        );
      });
    },
    async getState() {
      const state = await wire.ask<{ mods: number; group: number }>(
        "XkbGetState",
        (_client, reply) => {
          xkb.GetState(coreKeyboard, reply);
        },
      );
      return { modifiers: state.mods, group: state.group };
    },
    getMap: () =>
      wire.ask<XkbMap>("XkbGetMap", (client, reply) => {
        // The package does not know this request.
        client.seq_num += 1;
        client.pack_stream.put(getMapRequest(xkb.majorOpcode, coreKeyboard));
        client.replies[client.seq_num] = [readMap, reply];
        client.pack_stream.submit(true);
      }),
    setLocks(mask, locked) {
      wire.send(() => {
        xkb.LatchLockState(
          coreKeyboard,
          mask,
          locked,
          false,
          0,
          0,
          0,
          false,
          0,
        );
      });
    },
  };
}

/** The XTEST extension: events as if of a device, each at once and on the screen where the pointer is. */
export function createXtest(wire: Wire, xtest: XtestExtension): XtestRequests {
  return {
    fakeKey(keycode, pressed) {
      wire.send(() => {
        xtest.FakeInput(
          pressed ? keyPress : keyRelease,
          keycode,
          0,
          currentScreen,
          0,
          0,
        );
      });
    },
    fakeButton(button, pressed) {
      wire.send(() => {
        xtest.FakeInput(
          pressed ? buttonPress : buttonRelease,
          button,
          0,
          currentScreen,
          0,
          0,
        );
      });
    },
    fakeMotion(x, y) {
      wire.send(() => {
        xtest.FakeInput(motionNotify, 0, 0, currentScreen, x, y);
      });
    },
    fakeMotionBy(dx, dy) {
      wire.send(() => {
        xtest.FakeInput(motionNotify, relative, 0, currentScreen, dx, dy);
      });
    },
  };
}
