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

export function createWindows(wire: Wire, root: number): WindowRequests {
  const internAtom = (name: string): Promise<number> =>
    wire.ask<number>(`InternAtom ${name}`, (client, reply) => {
      client.InternAtom(false, name, reply);
    });
  return {
    createWindow(options) {
      let window = 0;
      wire.send((client) => {
        window = client.AllocID();
        client.CreateWindow(
          window,
          root,
          options.x,
          options.y,
          options.width,
          options.height,
          0,
          copyFromParent,
          inputOutput,
          copyFromParent,
          {
            ...(options.background === undefined
              ? {}
              : { backgroundPixel: options.background }),
            overrideRedirect: options.overrideRedirect === true ? 1 : 0,
            eventMask: options.eventMask,
          },
        );
      });
      return window;
    },
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
    async describe(window, { name, className, size }) {
      const [netWmName, utf8String, wmProtocols, wmDeleteWindow] =
        await Promise.all([
          internAtom("_NET_WM_NAME"),
          internAtom("UTF8_STRING"),
          internAtom("WM_PROTOCOLS"),
          internAtom("WM_DELETE_WINDOW"),
        ]);
      wire.send((client) => {
        const set = (
          property: number | undefined,
          type: number | undefined,
          format: 8 | 32,
          data: Buffer | number[],
        ): void => {
          client.ChangeProperty(
            replace,
            window,
            property ?? 0,
            type ?? 0,
            format,
            data,
          );
        };
        const { atoms } = client;
        const latin1 = Buffer.from(name, "latin1");
        set(atoms["WM_NAME"], atoms["STRING"], 8, latin1);
        set(netWmName, utf8String, 8, Buffer.from(name, "utf8"));
        // ICCCM 4.1.2.5: instance and class, both with a final NUL.
        const wmClass = Buffer.from(`${className}\0${className}\0`, "latin1");
        set(atoms["WM_CLASS"], atoms["STRING"], 8, wmClass);
        set(wmProtocols, atoms["ATOM"], 32, [wmDeleteWindow]);
        if (size) {
          set(
            atoms["WM_NORMAL_HINTS"],
            atoms["WM_SIZE_HINTS"],
            32,
            normalHints(size),
          );
        }
      });
      return { wmProtocols, wmDeleteWindow };
    },
    setRootBackground(colour) {
      wire.send((client) => {
        client.ChangeWindowAttributes(root, { backgroundPixel: colour });
        client.ClearArea(root, 0, 0, 0, 0, 0); // Size 0 is "to the edge".
      });
    },
    async queryPointer() {
      const reply = await wire.ask<{
        rootX: number;
        rootY: number;
        keyMask: number;
      }>("QueryPointer", (client, done) => {
        client.QueryPointer(root, done);
      });
      return { x: reply.rootX, y: reply.rootY, state: reply.keyMask };
    },
    async windowProperty(window, property) {
      const atom = await internAtom(property);
      const { data } = await wire.ask<{ data: Buffer }>(
        `GetProperty ${property}`,
        (client, done) => {
          client.GetProperty(
            0,
            window,
            atom,
            client.atoms["WINDOW"] ?? 0,
            0,
            1,
            done,
          );
        },
      );
      return data.length >= 4 ? data.readUInt32LE(0) : undefined;
    },
  };
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
