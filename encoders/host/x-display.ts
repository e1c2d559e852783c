/**
 * A display that a client has connected to: its root window, its extensions, new identifiers.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import {
  readXauthority,
  type XauthorityEntry,
} from "../../agent/base/xauthority.ts";
import {
  getInputFocus,
  queryExtension,
  readExtension,
  type XExtension,
} from "./x-requests.ts";
import { localDisplayNumber } from "./local-display.ts";
import type { XSetup } from "./x-setup.ts";
import { XWire, type ReplyHandler, type XError } from "./x-wire.ts";

/** Is told what the server sends. */
export interface XDisplayHandler {
  /** Valid during the call only. */
  onEvent(event: Buffer): void;
  /** Everything that arrived in one go has been handed out. */
  onReadEnd(): void;
  /** Called once, when a connection that was open ends by itself. */
  onClosed(error: StreamSpaceError): void;
}

/** See the module's description. */
export class XDisplay {
  readonly #wire: XWire;
  readonly #handler: XDisplayHandler;
  readonly #setUp = Promise.withResolvers<XSetup>();
  readonly #lost = Promise.withResolvers<never>();
  #root = 0;
  #nextId = 0;
  #isOpen = false;
  /** The last error of a request without a reply. */
  #lastError: XError | undefined;

  private constructor(options: {
    displayNumber: number;
    cookie: XauthorityEntry;
    handler: XDisplayHandler;
  }) {
    const { displayNumber, cookie, handler } = options;
    this.#handler = handler;
    this.#wire = new XWire({
      displayNumber,
      cookie,
      handler: {
        onSetup: (setup) => {
          this.#setUp.resolve(setup);
        },
        onEvent: (event) => {
          handler.onEvent(event);
        },
        onReadEnd: () => {
          handler.onReadEnd();
        },
        onError: (error) => {
          this.#lastError = error;
        },
        onClosed: (error) => {
          this.fail(error);
        },
      },
    });
    // It may be rejected when nobody waits for it any more.
    this.#lost.promise.catch(() => undefined);
  }

  /**
   * Connects and waits for the server's setup.
   * @throws StreamSpaceError `display-unreachable` where it does not answer, is not on this machine, or has other
   *   pixels than 32 bits of blue, green and red.
   */
  static async open(
    display: string,
    handler: XDisplayHandler,
  ): Promise<XDisplay> {
    const displayNumber = localDisplayNumber(display);
    const cookie = await readXauthority({ displayNumber });
    const opened = new XDisplay({ displayNumber, cookie, handler });
    const setup = await opened.#unlessLost(opened.#setUp.promise);
    opened.#root = setup.root;
    opened.#nextId = setup.resourceBase;
    opened.#isOpen = true;
    if (!setup.isBgrx) {
      opened.close();
      throw new StreamSpaceError(
        "display-unreachable",
        "the display's pixels are not 32 bits of blue, green and red",
      );
    }
    return opened;
  }

  get root(): number {
    return this.#root;
  }

  /** A new identifier for a resource of this client. */
  newId(): number {
    return this.#nextId++;
  }

  /** Sends a request; see {@link XWire.send}. */
  send(request: Buffer, handler?: ReplyHandler): void {
    this.#wire.send(request, handler);
  }

  /** Sends what `write` sends as one packet. */
  sendTogether(write: () => void): void {
    this.#wire.cork();
    write();
    this.#wire.flush();
  }

  /**
   * Sends a request and waits for its reply. For the beginning only: what happens per frame uses {@link send}.
   * @throws StreamSpaceError `display-unreachable` where the answer is an error or never comes.
   */
  async ask(request: Buffer): Promise<Buffer> {
    return await this.#unlessLost(
      new Promise((resolve, reject) => {
        this.#wire.send(request, {
          onReply: (reply) => {
            resolve(Buffer.from(reply));
          },
          onError: (error) => {
            reject(describeXError(error));
          },
        });
      }),
    );
  }

  /**
   * Sends requests that have no reply and waits until the server has done them.
   * @throws StreamSpaceError `display-unreachable` where one failed.
   */
  async do(...requests: Buffer[]): Promise<void> {
    this.#lastError = undefined;
    for (const request of requests) this.#wire.send(request);
    await this.ask(getInputFocus());
    const error = this.#takeError();
    if (error !== undefined) throw describeXError(error);
  }

  /** An extension, or `undefined` where the server does not have it. */
  async findExtension(name: string): Promise<XExtension | undefined> {
    return readExtension(await this.ask(queryExtension(name)));
  }

  /** @throws StreamSpaceError `display-unreachable` where the server does not have it. */
  async extension(name: string): Promise<XExtension> {
    const extension = await this.findExtension(name);
    if (extension !== undefined) return extension;
    throw new StreamSpaceError(
      "display-unreachable",
      `the X server lacks the extension ${name}`,
    );
  }

  /** Ends the connection as if the server had: the handler and whoever waits are told. */
  fail(error: StreamSpaceError): void {
    const wasOpen = this.#isOpen;
    this.close();
    this.#lost.reject(error);
    if (wasOpen) this.#handler.onClosed(error);
  }

  close(): void {
    this.#isOpen = false;
    this.#wire.close();
  }

  #takeError(): XError | undefined {
    const error = this.#lastError;
    this.#lastError = undefined;
    return error;
  }

  #unlessLost<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#lost.promise]);
  }
}

/** An error of the server as one of ours, `display-unreachable`, with the numbers that the protocol documents have. */
export function describeXError(error: XError): StreamSpaceError {
  return new StreamSpaceError(
    "display-unreachable",
    `the X server answered request ${error.majorOpcode}.${error.minorOpcode} with error ${error.code}`,
  );
}
