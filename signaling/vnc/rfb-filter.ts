/**
 * Reads what a client says to a VNC server, and lets through what its role may say. Pure: bytes in, bytes out.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { HeldKeys } from "./rfb-held-keys.ts";
import {
  rfbRules,
  withheldEncodings,
  type RfbDialect,
  type RfbRule,
  type ReadStep,
} from "./rfb-rules.ts";

/** What a client may do besides looking. */
export interface RfbRights {
  readonly input: boolean;
  readonly clipboard: boolean;
  readonly resize: boolean;
}

/** What the agent does itself, in place of the VNC server. Must not throw. */
export interface RfbRequests {
  /** The client has copied text (ISO 8859-1, as RFC 6143 wants it). */
  onCutText(text: string): void;
  onResize(width: number, height: number): void;
  /** @param keycode 0 where the client names none. */
  onKey(keysym: number, keycode: number, pressed: boolean): void;
  onPointer(mask: number, x: number, y: number): void;
  /** The client may not act any more, and its releases will not be let through. */
  onInputEnd(): void;
}

/** Longest text that the agent takes over from plain RFB; longer text is dropped. */
export const maxCutTextBytes = 1_048_576;

/** A message on its way. */
interface Reading {
  rule: RfbRule;
  steps: Generator<ReadStep, void, Buffer>;
  step: ReadStep;
  /** Bytes of the present step that have not come yet. */
  missing: number;
  /** Bytes of the present `take`. */
  taken: Buffer[];
  destination: "server" | "agent" | "nowhere";
  /** The message so far, where it is looked at as a whole. */
  held: Buffer[];
  heldBytes: number;
}

const nothing: readonly Buffer[] = [];
const heldWhole: ReadonlySet<string> = new Set([
  "SetEncodings",
  "KeyEvent",
  "PointerEvent",
  "QEMU",
]);

/** See the module's description. One for each connection; it begins behind ClientInit. */
export class RfbFilter {
  readonly #dialect: RfbDialect;
  readonly #rights: () => RfbRights;
  readonly #requests: RfbRequests;
  readonly #keys: HeldKeys;
  #reading: Reading | undefined;
  #dropped = 0;

  /** @param options.rights is asked at the beginning of each message: a role may change. */
  constructor(options: {
    dialect: RfbDialect;
    rights: () => RfbRights;
    requests: RfbRequests;
  }) {
    this.#dialect = options.dialect;
    this.#rights = options.rights;
    this.#requests = options.requests;
    this.#keys = new HeldKeys(options.dialect);
  }

  /** Messages that were not let through. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * What of `chunk`, and of what was held back before, goes to the VNC server.
   * @throws StreamSpaceError `bad-message`; the connection has to end then.
   */
  push(chunk: Buffer): readonly Buffer[] {
    const out: Buffer[] = [];
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#reading === undefined) {
        this.#begin(chunk.subarray(offset, offset + 1), out);
        offset += 1;
        continue;
      }
      const { missing } = this.#reading;
      const piece = chunk.subarray(offset, offset + missing);
      offset += piece.length;
      this.#feed(this.#reading, piece, out);
    }
    return out.length === 0 ? nothing : out;
  }

  /** Releases for all that the client holds down: it has left, or may not act any more. */
  releases(): readonly Buffer[] {
    // In the middle of a message a server would take them for its rest.
    if (this.#reading?.destination === "server" && !isWhole(this.#reading))
      return nothing;
    return this.#keys.releases();
  }

  #begin(type: Buffer, out: Buffer[]): void {
    const number = type.readUInt8(0);
    const rule = rfbRules[this.#dialect][number];
    if (rule === undefined) {
      throw new StreamSpaceError(
        "bad-message",
        `RFB: there is no message of type ${number} in this dialect`,
      );
    }
    const steps = rule.read();
    const first = steps.next();
    const destination = this.#destinationOf(rule);
    if (destination === "nowhere") {
      this.#dropped += 1;
      // It may hold keys, from when it still might: their releases will not come any more.
      if (rule.right === "input") {
        out.push(...this.#keys.releases());
        this.#requests.onInputEnd();
      }
    }
    const reading: Reading = {
      ...{ rule, steps, destination },
      step: first.done === true ? { take: 0 } : first.value,
      ...{ missing: 0, taken: [], held: [], heldBytes: 0 },
    };
    this.#reading = reading;
    this.#deliver(reading, type, out);
    if (first.done === true) this.#end(reading, out);
    else this.#enter(reading, first.value, out);
  }

  #destinationOf({ right, fate }: RfbRule): Reading["destination"] {
    const may =
      right === "look" || (right !== "nobody" && this.#rights()[right]);
    if (!may) return "nowhere";
    return fate === "forward" ? "server" : "agent";
  }

  /** Steps of no bytes are over at once. */
  #enter(reading: Reading, step: ReadStep, out: Buffer[]): void {
    reading.step = step;
    reading.missing = "take" in step ? step.take : step.pass;
    reading.taken = [];
    if (reading.missing === 0) this.#advance(reading, out);
  }

  #feed(reading: Reading, piece: Buffer, out: Buffer[]): void {
    reading.missing -= piece.length;
    // A copy: the caller's buffer may have other bytes in it by the time the rest is here.
    if ("take" in reading.step) reading.taken.push(Buffer.from(piece));
    this.#deliver(reading, piece, out);
    if (reading.missing === 0) this.#advance(reading, out);
  }

  #advance(reading: Reading, out: Buffer[]): void {
    const next = reading.steps.next(Buffer.concat(reading.taken));
    if (next.done === true) this.#end(reading, out);
    else this.#enter(reading, next.value, out);
  }

  #deliver(reading: Reading, piece: Buffer, out: Buffer[]): void {
    if (reading.destination === "nowhere") return;
    if (reading.destination === "server" && !isWhole(reading)) {
      out.push(piece);
      return;
    }
    reading.heldBytes += piece.length;
    if (reading.heldBytes > maxCutTextBytes + 8) {
      reading.destination = "nowhere";
      reading.held = [];
      this.#dropped += 1;
      return;
    }
    // A copy: the chunk may be part of a larger buffer, which would live as long.
    reading.held.push(Buffer.from(piece));
  }

  #end(reading: Reading, out: Buffer[]): void {
    this.#reading = undefined;
    if (reading.held.length === 0) return;
    const message = Buffer.concat(reading.held);
    if (reading.destination === "agent") {
      this.#ask(reading.rule.name, message);
      if (reading.rule.fate === "both") out.push(message);
    } else if (reading.destination === "server") {
      if (reading.rule.name === "SetEncodings")
        out.push(this.#dialect === "rfb" ? withoutWithheld(message) : message);
      else {
        this.#keys.note(message);
        out.push(message);
      }
    }
  }

  #ask(name: string, message: Buffer): void {
    switch (name) {
      case "KeyEvent":
        this.#requests.onKey(message.readUInt32BE(4), 0, message[1] !== 0);
        break;
      case "QEMU": {
        const pressed = message.readUInt16BE(2) !== 0;
        const keycode = message.readUInt32BE(8);
        this.#requests.onKey(message.readUInt32BE(4), keycode, pressed);
        break;
      }
      case "PointerEvent":
        this.#requests.onPointer(
          message.readUInt8(1),
          message.readUInt16BE(2),
          message.readUInt16BE(4),
        );
        break;
      case "SetDesktopSize":
        this.#requests.onResize(
          message.readUInt16BE(2),
          message.readUInt16BE(4),
        );
        break;
      case "ClientCutText":
        // The extended form is offered to nobody.
        if (message.readInt32BE(4) >= 0)
          this.#requests.onCutText(message.toString("latin1", 8));
        break;
    }
  }
}

/** Whether the message reaches the server in one piece. */
function isWhole({ rule }: Reading): boolean {
  return heldWhole.has(rule.name);
}

function withoutWithheld(message: Buffer): Buffer {
  const kept: number[] = [];
  for (let offset = 4; offset < message.length; offset += 4) {
    const encoding = message.readInt32BE(offset);
    if (!withheldEncodings.has(encoding)) kept.push(encoding);
  }
  const made = Buffer.alloc(4 + 4 * kept.length);
  message.copy(made, 0, 0, 2);
  made.writeUInt16BE(kept.length, 2);
  kept.forEach((encoding, index) => {
    made.writeInt32BE(encoding, 4 + 4 * index);
  });
  return made;
}
