/**
 * What an RFB client holds down, as the messages that release it: not every VNC server does that when a client leaves.
 */
import type { RfbDialect } from "./rfb-rules.ts";

/** Keys that anybody holds at one time; a client that claims more is not believed. */
const maxHeldKeys = 64;

/** See the module's description. Pure. */
export class HeldKeys {
  readonly #dialect: RfbDialect;
  readonly #keys = new Map<string, Buffer>();
  #pointer: Buffer | undefined;

  constructor(dialect: RfbDialect) {
    this.#dialect = dialect;
  }

  /** Notes a KeyEvent, a PointerEvent, or QEMU's extended key event, whole. */
  note(message: Buffer): void {
    switch (message.readUInt8(0)) {
      case 4:
        this.#noteKey(message, message[1] !== 0, [1]);
        break;
      case 5:
        this.#pointer = this.#isPressed(message)
          ? this.#withoutButtons(message)
          : undefined;
        break;
      case 255:
        this.#noteKey(message, message[2] !== 0 || message[3] !== 0, [2, 3]);
        break;
    }
  }

  /** The messages that release everything; afterwards nothing is held. */
  releases(): Buffer[] {
    const messages = [...this.#keys.values()];
    if (this.#pointer !== undefined) messages.push(this.#pointer);
    this.#keys.clear();
    this.#pointer = undefined;
    return messages;
  }

  #noteKey(message: Buffer, down: boolean, downAt: readonly number[]): void {
    const release = Buffer.from(message);
    for (const index of downAt) release[index] = 0;
    const name = release.toString("latin1");
    if (!down) this.#keys.delete(name);
    else if (this.#keys.size < maxHeldKeys) this.#keys.set(name, release);
  }

  /** The mask has one byte, KasmVNC's two. */
  #isPressed(message: Buffer): boolean {
    return message[1] !== 0 || (this.#dialect === "kasm" && message[2] !== 0);
  }

  #withoutButtons(message: Buffer): Buffer {
    const release = Buffer.from(message);
    release[1] = 0;
    if (this.#dialect === "kasm") {
      release[2] = 0;
      release.fill(0, 7); // Scrolling.
    }
    return release;
  }
}
