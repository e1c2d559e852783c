import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { X11Connection } from "../../../agent/x11/requests.ts";
import {
  maxTransferBytes,
  SelectionOwner,
} from "../../../agent/x11/selection-owner.ts";
import {
  coreAtoms,
  selectionAtoms,
  type SelectionAtom,
  type SelectionRequests,
} from "../../../agent/x11/selections.ts";

const window = 1;
const transferIdleMs = 10_000;
const atoms = Object.fromEntries(
  [...coreAtoms, ...selectionAtoms].map((name, index) => [name, 100 + index]),
) as Record<SelectionAtom, number>;

type Listener = Parameters<X11Connection["onEvent"]>[0];

/** A server on which each program that asks is a window of its own, and takes nothing until it is told to. */
class SlowServer {
  /** The windows that got an answer, and whether it was a refusal. */
  readonly answers: { window: number; isGiven: boolean }[] = [];
  readonly owner: SelectionOwner;
  #tell: Listener = () => undefined;

  constructor() {
    const connection: Pick<X11Connection, "onEvent" | "onClosed"> = {
      onEvent: (listener) => {
        this.#tell = listener;
        return () => undefined;
      },
      onClosed: () => () => undefined,
    };
    const requests: Partial<SelectionRequests> = {
      ...{ window, chunkBytes: 65_536, atoms },
      ownerOf: () => Promise.resolve(window),
      setOwner: () => undefined,
      followWindow: () => undefined,
      writeProperty: () => undefined,
      touch: (atom) => {
        this.#property(window, atom, false);
      },
      answer: ({ requestor }, property) => {
        this.answers.push({ window: requestor, isGiven: property !== 0 });
      },
    };
    // The owner uses these of a connection and of its requests, and the fakes have them.
    this.owner = new SelectionOwner(
      connection as X11Connection,
      requests as SelectionRequests,
      { answerMs: 1_000, transferIdleMs },
    );
  }

  async offers(content: Uint8Array): Promise<void> {
    await this.owner.own([atoms.CLIPBOARD], new Map([["png", content]]));
  }

  /** A program asks for what is offered. @returns whether it gets it. */
  asks(requestor: number): boolean | undefined {
    this.#tell({
      ...{ kind: "selection-request", time: 0, owner: window, requestor },
      ...{ selection: atoms.CLIPBOARD, property: 7 },
      target: atoms["image/png"],
    });
    return this.answers.findLast((each) => each.window === requestor)?.isGiven;
  }

  /** A program takes pieces until there are none. */
  takesAll(requestor: number, bytes: number): void {
    for (let taken = 0; taken <= bytes; taken += 65_536)
      this.#property(requestor, 7, true);
  }

  #property(of: number, atom: number, deleted: boolean): void {
    this.#tell({ kind: "property", window: of, atom, time: 1, deleted });
  }
}

const largest = maxTransferBytes / 2;
let server: SlowServer;
beforeEach(() => {
  vi.useFakeTimers();
  server = new SlowServer();
});
afterEach(() => {
  server.owner.close();
  vi.useRealTimers();
});

test("contents that slow programs keep are bounded, each counted once", async () => {
  await server.offers(new Uint8Array(largest));
  // One content for however many programs.
  expect([2, 3, 4].map((asking) => server.asks(asking))).toEqual([
    ...[true, true, true],
  ]);
  await server.offers(new Uint8Array(largest));
  expect(server.asks(5)).toBe(true);
  await server.offers(new Uint8Array(largest));
  expect(server.asks(6)).toBe(false);
  // What fits is given all the same.
  await server.offers(new Uint8Array(1_000));
  expect(server.asks(7)).toBe(true);
});

test("a content has room again when its last program has taken it, or has idled too long", async () => {
  for (const first of [2, 3]) {
    await server.offers(new Uint8Array(largest));
    server.asks(first);
  }
  await server.offers(new Uint8Array(largest));
  expect(server.asks(4)).toBe(false);
  server.takesAll(2, largest);
  expect(server.asks(4)).toBe(true);
  await server.offers(new Uint8Array(largest));
  expect(server.asks(5)).toBe(false);
  await vi.advanceTimersByTimeAsync(transferIdleMs);
  expect(server.asks(5)).toBe(true);
});
