/**
 * Windows over a {@link Wire}: for the demo desktop and for X clients of the tests.
 */
import type { Rectangle, WindowRequests } from "./requests.ts";
import type { Wire } from "./wire.ts";

const inputOutput = 1;
const copyFromParent = 0;
const replace = 0;
/** The focus goes back to the parent when the window is unmapped. */
const revertToParent = 2;
// ICCCM 4.1.2.3: WM_NORMAL_HINTS, flags USPosition | USSize.
const userPositionAndSize = 0x1 | 0x2;
const normalHintsWords = 18;

/** @param root the window of the screen, which new windows are in. */
export function createWindows(wire: Wire, root: number): WindowRequests {
  const internAtom = (name: string): Promise<number> =>
    wire.ask<number>(`InternAtom ${name}`, (client, reply) => {
      client.InternAtom(false, name, reply);
    });
  return {
    createWindow: (options) => createWindow(wire, root, options),
    map(window) {
      wire.send((client) => {
        client.MapWindow(window);
      });
    },
    configure(window, { x, y, width, height }) {
      wire.send((client) => {
        client.MoveResizeWindow(window, x, y, width, height);
      });
    },
    named: (name) => findNamed(wire, root, name, internAtom),
    raise(window) {
      wire.send((client) => {
        client.RaiseWindow(window);
      });
    },
    destroyWindow(window) {
      wire.send((client) => {
        client.DestroyWindow(window);
      });
    },
    setInputFocus(window) {
      wire.send((client) => {
        client.SetInputFocus(window, revertToParent);
      });
    },
    describe: (window, facts) => describe(wire, window, facts, internAtom),
    setRootBackground(colour) {
      wire.send((client) => {
        client.ChangeWindowAttributes(root, { backgroundPixel: colour });
        client.ClearArea(root, 0, 0, 0, 0, 0); // Size 0 is "to the edge".
      });
    },
    queryPointer: () => queryPointer(wire, root),
    windowProperty: async (window, property) =>
      windowIn(wire, window, await internAtom(property)),
  };
}

function createWindow(
  wire: Wire,
  root: number,
  options: Parameters<WindowRequests["createWindow"]>[0],
): number {
  const { x, y, width, height, background, eventMask } = options;
  const attributes = {
    ...(background === undefined ? {} : { backgroundPixel: background }),
    overrideRedirect: options.overrideRedirect === true ? 1 : 0,
    eventMask,
  };
  let window = 0;
  wire.send((client) => {
    window = client.AllocID();
    client.CreateWindow(
      ...([window, root, x, y, width, height, 0] as const),
      ...([copyFromParent, inputOutput, copyFromParent, attributes] as const),
    );
  });
  return window;
}

/** Tells the window manager what a window is (ICCCM 4.1.2, EWMH). */
async function describe(
  wire: Wire,
  window: number,
  { name, className, size }: Parameters<WindowRequests["describe"]>[1],
  internAtom: (name: string) => Promise<number>,
): ReturnType<WindowRequests["describe"]> {
  const [netWmName, utf8String, wmProtocols, wmDeleteWindow] =
    await Promise.all([
      internAtom("_NET_WM_NAME"),
      internAtom("UTF8_STRING"),
      internAtom("WM_PROTOCOLS"),
      internAtom("WM_DELETE_WINDOW"),
    ]);
  wire.send((client) => {
    const set = (
      property = 0,
      type = 0,
      ...[format, data]: [8, Buffer] | [32, number[]]
    ): void => {
      client.ChangeProperty(replace, window, property, type, format, data);
    };
    const { atoms } = client;
    const latin1 = Buffer.from(name, "latin1");
    set(atoms["WM_NAME"], atoms["STRING"], 8, latin1);
    set(netWmName, utf8String, 8, Buffer.from(name, "utf8"));
    // ICCCM 4.1.2.5: instance and class, both with a final NUL.
    const wmClass = Buffer.from(`${className}\0${className}\0`, "latin1");
    set(atoms["WM_CLASS"], atoms["STRING"], 8, wmClass);
    set(wmProtocols, atoms["ATOM"], 32, [wmDeleteWindow]);
    if (size === undefined) return;
    const hints = normalHints(size);
    set(atoms["WM_NORMAL_HINTS"], atoms["WM_SIZE_HINTS"], 32, hints);
  });
  return { wmProtocols, wmDeleteWindow };
}

async function queryPointer(
  wire: Wire,
  root: number,
): ReturnType<WindowRequests["queryPointer"]> {
  const reply = await wire.ask<{
    rootX: number;
    rootY: number;
    keyMask: number;
  }>("QueryPointer", (client, done) => {
    client.QueryPointer(root, done);
  });
  return { x: reply.rootX, y: reply.rootY, state: reply.keyMask };
}

/** The window that a property of another names; `undefined` where it names none. */
async function windowIn(
  wire: Wire,
  window: number,
  property: number,
): Promise<number | undefined> {
  const { data } = await wire.ask<{ data: Buffer }>(
    "GetProperty",
    (client, done) => {
      const type = client.atoms["WINDOW"] ?? 0;
      client.GetProperty(0, window, property, type, 0, 1, done);
    },
  );
  return data.length >= 4 ? data.readUInt32LE(0) : undefined;
}

/** More windows are not looked at. */
const maxWindows = 1_024;
const longestNameWords = 64;

async function findNamed(
  wire: Wire,
  root: number,
  name: string,
  internAtom: (name: string) => Promise<number>,
): Promise<number[]> {
  const property = (
    window: number,
    atom: number,
    type: number,
    words: number,
  ): Promise<Buffer> =>
    wire
      .ask<{ data: Buffer }>("GetProperty", (client, done) => {
        client.GetProperty(0, window, atom, type, 0, words, done);
      })
      .then(({ data }) => data);
  const [listAtom, windowAtom, nameAtom, stringAtom] = await Promise.all(
    ["_NET_CLIENT_LIST", "WINDOW", "WM_NAME", "STRING"].map(internAtom),
  );
  const list = await property(root, listAtom ?? 0, windowAtom ?? 0, maxWindows);
  const managed = Array.from({ length: list.length >> 2 }, (_, index) =>
    list.readUInt32LE(index * 4),
  );
  const windows =
    managed.length > 0
      ? managed
      : (
          await wire.ask<{ children: number[] }>(
            "QueryTree",
            (client, done) => {
              client.QueryTree(root, done);
            },
          )
        ).children.slice(0, maxWindows);
  const names = await Promise.all(
    windows.map((window) =>
      // A window may have gone meanwhile.
      property(window, nameAtom ?? 0, stringAtom ?? 0, longestNameWords).catch(
        () => Buffer.alloc(0),
      ),
    ),
  );
  return windows.filter(
    (_window, index) => names[index]?.toString("latin1") === name,
  );
}

function normalHints(size: Rectangle): number[] {
  const words = new Array<number>(normalHintsWords).fill(0);
  words.splice(
    0,
    5,
    userPositionAndSize,
    size.x,
    size.y,
    size.width,
    size.height,
  );
  return words;
}
