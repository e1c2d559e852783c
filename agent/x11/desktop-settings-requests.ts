/**
 * Where toolkits look for the resolution of the screen, over a {@link Wire}: X resources (Xft.dpi), and the settings
 * manager of the XSETTINGS specification (freedesktop.org, version 0.5).
 */
import type { Wire } from "./wire.ts";

/** Settings of the whole desktop. */
export interface DesktopSettingsRequests {
  /** The X resources that everybody reads (RESOURCE_MANAGER of the root window). */
  readResources(): Promise<string>;
  writeResources(text: string): void;
  /**
   * Becomes the settings manager of the screen.
   * @returns its window, or `undefined` where another program is that already. A `selection-clear` event of the window
   *   says that another program has taken over.
   */
  claimManager(): Promise<number | undefined>;
  /** Publishes settings as `xsettings.ts` writes them. */
  publish(window: number, settings: Uint8Array): void;
}

const replace = 0;
const clientMessageBytes = 32;
const clientMessage = 33;
const structureNotify = 0x2_0000;
/** 256 KiB, in the words that GetProperty counts in. */
const longestResourcesWords = 65_536;

/** @param createWindow makes a window that is never shown. */
export function createDesktopSettings(
  wire: Wire,
  options: {
    root: number;
    screenNumber: number;
    createWindow: () => number;
    destroyWindow: (window: number) => void;
  },
): DesktopSettingsRequests {
  const { root, screenNumber } = options;
  let propertyAtom = 0;
  const internAtom = (name: string): Promise<number> =>
    wire.ask<number>(`InternAtom ${name}`, (client, done) => {
      client.InternAtom(false, name, done);
    });
  const ownerOf = (selection: number): Promise<number> =>
    wire.ask<number>("GetSelectionOwner", (client, done) => {
      client.GetSelectionOwner(selection, done);
    });
  return {
    async readResources() {
      const { data } = await wire.ask<{ data: Buffer }>(
        "GetProperty RESOURCE_MANAGER",
        (client, done) => {
          const { atoms } = client;
          client.GetProperty(
            0,
            root,
            atoms["RESOURCE_MANAGER"] ?? 0,
            atoms["STRING"] ?? 0,
            0,
            longestResourcesWords,
            done,
          );
        },
      );
      return data.toString("latin1");
    },
    writeResources(text) {
      wire.send((client) => {
        const { atoms } = client;
        client.ChangeProperty(
          replace,
          root,
          atoms["RESOURCE_MANAGER"] ?? 0,
          atoms["STRING"] ?? 0,
          8,
          Buffer.from(text, "latin1"),
        );
      });
    },
    async claimManager() {
      const [selection, manager, property] = await Promise.all([
        internAtom(`_XSETTINGS_S${screenNumber}`),
        internAtom("MANAGER"),
        internAtom("_XSETTINGS_SETTINGS"),
      ]);
      propertyAtom = property;
      if ((await ownerOf(selection)) !== 0) return undefined;
      const window = options.createWindow();
      wire.send((client) => {
        client.SetSelectionOwner(window, selection, 0);
      });
      if ((await ownerOf(selection)) !== window) {
        options.destroyWindow(window);
        return undefined;
      }
      wire.send((client) => {
        client.SendEvent(
          root,
          0,
          structureNotify,
          managerMessage({ root, manager, selection, window }),
        );
      });
      return window;
    },
    publish(window, settings) {
      wire.send((client) => {
        client.ChangeProperty(
          replace,
          window,
          propertyAtom,
          propertyAtom, // The type has the name of the property.
          8,
          Buffer.from(settings),
        );
      });
    },
  };
}

/** ICCCM 2.8: tells everybody that a selection has a manager. */
function managerMessage(of: {
  root: number;
  manager: number;
  selection: number;
  window: number;
}): Buffer {
  const event = Buffer.alloc(clientMessageBytes);
  event[0] = clientMessage;
  event[1] = 32; // Bits of each of the words below.
  event.writeUInt32LE(of.root, 4);
  event.writeUInt32LE(of.manager, 8);
  event.writeUInt32LE(0, 12); // The time of the claim: now.
  event.writeUInt32LE(of.selection, 16);
  event.writeUInt32LE(of.window, 20);
  return event;
}
