/**
 * Selections over a {@link Wire}.
 */
import type { PropertyValue, XClient, XfixesExtension } from "./connection.ts";
import { eventMasks, type WindowRequests } from "./requests.ts";
import {
  coreAtoms,
  selectionAtoms,
  type SelectionAtom,
  type SelectionRequests,
} from "./selections.ts";
import type { Wire } from "./wire.ts";

/** Content that arrives at the same time; each takes a property of its own. */
const slotCount = 32;
/**
 * What one write may have at most, whatever the server allows: the package speaks the core protocol alone (256 KiB), and
 * what is smaller leaves room for others between two writes.
 */
const maxChunkBytes = 196_608;
/** ChangeProperty has a head of 24 bytes. */
const requestHeadBytes = 24;
const anyType = 0;
/** Number of the request in the core protocol. */
const changeProperty = 18;
const replace = 0;
const append = 2;
/** XFIXES: SetSelectionOwner, SelectionWindowDestroy, SelectionClientClose. */
const allSelectionEvents = 7;

/** Interns what is needed and makes the hidden window. */
export async function createSelections(
  wire: Wire,
  xfixes: XfixesExtension,
  options: { windows: WindowRequests; maxRequestBytes: number },
): Promise<SelectionRequests> {
  const intern = (name: string): Promise<number> =>
    wire.ask<number>(`InternAtom ${name}`, (client, reply) => {
      client.InternAtom(false, name, reply);
    });
  const named = async (
    name: SelectionAtom,
  ): Promise<[SelectionAtom, number]> => [name, await intern(name)];
  const atoms = Object.fromEntries(
    await Promise.all([...selectionAtoms, ...coreAtoms].map(named)),
  ) as Record<SelectionAtom, number>;
  const slots = await Promise.all(
    Array.from({ length: slotCount }, (_, at) =>
      intern(`_STREAMSPACE_CLIPBOARD_${at}`),
    ),
  );
  const window = options.windows.createWindow({
    ...{ x: -1, y: -1, width: 1, height: 1 },
    overrideRedirect: true,
    eventMask: eventMasks.propertyChange,
  });
  const chunkBytes = Math.min(
    maxChunkBytes,
    options.maxRequestBytes - requestHeadBytes,
  );
  return {
    ...{ window, atoms, slots, chunkBytes },
    ...ownership(wire, xfixes, window),
    ...properties(wire, window),
    destroy() {
      options.windows.destroyWindow(window);
    },
  };
}

function ownership(
  wire: Wire,
  xfixes: XfixesExtension,
  window: number,
): Pick<
  SelectionRequests,
  | "watchSelection"
  | "setOwner"
  | "ownerOf"
  | "convert"
  | "answer"
  | "followWindow"
> {
  return {
    watchSelection(selection) {
      wire.send(() => {
        xfixes.SelectSelectionInput(window, selection, allSelectionEvents);
      });
    },
    setOwner(selection, time) {
      wire.send((client) => {
        client.SetSelectionOwner(window, selection, time);
      });
    },
    ownerOf: (selection) =>
      wire.ask<number>("GetSelectionOwner", (client, reply) => {
        client.GetSelectionOwner(selection, reply);
      }),
    convert({ selection, target, property, time }) {
      wire.send((client) => {
        client.ConvertSelection(window, selection, target, property, time);
      });
    },
    answer({ requestor, selection, target, time }, property) {
      wire.send((client) => {
        client.SendEvent(requestor, 0, 0, {
          name: "SelectionNotify",
          seq: 0,
          ...{ time, requestor, selection, target, property },
        });
      });
    },
    followWindow(other, follow) {
      const mask = eventMasks.propertyChange | eventMasks.structureNotify;
      wire.send((client) => {
        client.ChangeWindowAttributes(other, { eventMask: follow ? mask : 0 });
      });
    },
  };
}

function properties(
  wire: Wire,
  window: number,
): Pick<
  SelectionRequests,
  "readProperty" | "deleteProperty" | "writeProperty" | "touch"
> {
  return {
    readProperty: (property, { offset, bytes, remove }) =>
      wire.ask<PropertyValue>("GetProperty", (client, reply) => {
        client.GetProperty(
          remove ? 1 : 0,
          window,
          property,
          anyType,
          offset / 4,
          Math.ceil(bytes / 4),
          reply,
        );
      }),
    deleteProperty(property) {
      wire.send((client) => {
        client.DeleteProperty(window, property);
      });
    },
    writeProperty(other, property, type, value) {
      wire.send((client) => {
        if (value instanceof Uint8Array)
          writeBytes(client, { window: other, property, type }, value);
        else client.ChangeProperty(replace, other, property, type, 32, value);
      });
    },
    touch(property) {
      wire.send((client) => {
        const nothing = Buffer.alloc(0);
        const { INTEGER = 0 } = client.atoms;
        client.ChangeProperty(append, window, property, INTEGER, 8, nothing);
      });
    },
  };
}

/**
 * ChangeProperty without the copy of the content that the package makes: contents of many megabytes would have the
 * collector run every 15 MB, each time for longer than a frame lasts. The content must not be changed before it is sent.
 */
function writeBytes(
  client: XClient,
  to: { window: number; property: number; type: number },
  content: Uint8Array,
): void {
  const words = Math.ceil(content.length / 4);
  const head = Buffer.alloc(requestHeadBytes);
  head.writeUInt8(changeProperty, 0);
  head.writeUInt8(replace, 1);
  head.writeUInt16LE(requestHeadBytes / 4 + words, 2);
  head.writeUInt32LE(to.window, 4);
  head.writeUInt32LE(to.property, 8);
  head.writeUInt32LE(to.type, 12);
  head.writeUInt8(8, 16);
  head.writeUInt32LE(content.length, 20);
  client.seq_num += 1;
  client.pack_stream.put(head);
  client.pack_stream.put(
    Buffer.from(content.buffer, content.byteOffset, content.length),
  );
  const padding = words * 4 - content.length;
  if (padding > 0) client.pack_stream.put(Buffer.alloc(padding));
  client.pack_stream.submit();
}
