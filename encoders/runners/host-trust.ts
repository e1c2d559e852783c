/**
 * Whether the host can work here at all, or gst-launch has to do in its place; and whose fault a failure was. Pure.
 */
import {
  messageOf,
  StreamSpaceError,
  type ErrorCode,
} from "../../agent/base/errors.ts";
import { hostElements } from "../host/host-pipeline.ts";

/** What a host lacks does not come back by itself: a library, a display with MIT-SHM and DAMAGE. */
const lasting: readonly ErrorCode[] = [
  "missing-program",
  "missing-element",
  "display-unreachable",
];
/** These may be the host's fault or the encoder's, or come of a busy machine. */
const passing: readonly ErrorCode[] = ["child-exited", "timeout"];
/** After so many of them the host is given up. */
const passingLimit = 2;
/** Elements that only the host's pipelines have. */
const ownElements = /"(?:appsrc|appsink|tee)"/;

/** See the module's description. One for a session. */
export class HostTrust {
  #hasWorked = false;
  #passed = 0;
  #failure: string | undefined;

  /** Why the host is not tried any more; `undefined` where it is. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** A host has sent its first packet: from here on it is the encoders that fail. */
  onWorked(): void {
    this.#hasWorked = true;
  }

  /** Whether gst-launch may succeed with the same encoder after the host failed with `error`. */
  mayBeAtFault(error: unknown): boolean {
    if (this.#hasWorked || !(error instanceof StreamSpaceError)) return false;
    const { code, message } = error;
    if (code === "missing-element") return ownElements.test(message);
    if (code === "child-exited")
      // An error message of the encoder, by the name the host's pipelines give it.
      return !message.includes(`: ${hostElements.encoder}: `);
    return lasting.includes(code) || passing.includes(code);
  }

  /** gst-launch worked where the host had failed with `error`: the encoder is not to blame. */
  onWorkedWithout(error: unknown): void {
    const isPassing =
      error instanceof StreamSpaceError && passing.includes(error.code);
    this.#passed += 1;
    if (isPassing && this.#passed < passingLimit) return;
    this.#failure = messageOf(error);
  }
}
