/**
 * A conversation with PulseAudio in its command language (pulse-cli-syntax(5)), over one Unix socket.
 *
 * A question costs it a fraction of a millisecond, where `pactl` is a process of its own each time.
 */
import { connect, type Socket } from "node:net";
import { poll, withDeadline } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";

/** Longest answer that is kept; a list of some sinks has 2 KB. */
const answerBound = 1_000_000;

interface Question {
  mark: string;
  resolve: (answer: string) => void;
}

/** See the module's description. */
export class SoundControl {
  readonly #socket: Socket;
  #text = "";
  #marks = 0;
  #question: Question | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      this.#onText(text);
    });
    // Its owner learns of the end from the process, or from a question without an answer.
    socket.on("error", () => undefined);
  }

  /**
   * Connects to the socket at `path`, which may yet have to appear.
   * @throws StreamSpaceError `timeout`, `aborted`.
   */
  static async open(
    path: string,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<SoundControl> {
    const socket = await poll(() => tryConnect(path), {
      everyMs: 20,
      what: "PulseAudio's command socket",
      ...options,
    });
    return new SoundControl(socket);
  }

  /** Gives an order; what PulseAudio says to it is not waited for. */
  tell(command: string): void {
    if (!this.#socket.writable || this.#socket.writableLength > 4_096) return;
    this.#socket.write(`${command}\n`);
  }

  /**
   * What PulseAudio says to `command`. One question at a time.
   * @throws StreamSpaceError `timeout`, `internal` while another question is open.
   */
  async ask(command: string, timeoutMs: number): Promise<string> {
    if (this.#question !== undefined) {
      throw new StreamSpaceError("internal", "another question is open");
    }
    // Answers have no end mark; the complaint about an unknown command is one.
    this.#marks += 1;
    const mark = `answered-${this.#marks}`;
    const answer = new Promise<string>((resolve) => {
      this.#question = { mark, resolve };
    });
    this.#text = "";
    this.tell(`${command}\n${mark}`);
    try {
      return await withDeadline(answer, {
        timeoutMs,
        what: "an answer of PulseAudio",
      });
    } finally {
      this.#question = undefined;
    }
  }

  /** Ends the conversation; idempotent. */
  close(): void {
    this.#socket.destroy();
  }

  #onText(text: string): void {
    const question = this.#question;
    if (question === undefined) return;
    this.#text = (this.#text + text).slice(-answerBound);
    const end = this.#text.indexOf(`Unknown command: ${question.mark}`);
    if (end === -1) return;
    question.resolve(this.#text.slice(0, end));
    this.#text = "";
  }
}

/** A connected socket, or `undefined` where nobody listens. */
function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.once("error", () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}
