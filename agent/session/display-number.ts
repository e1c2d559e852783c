/**
 * How an X server says which display it has: in one line on a descriptor of its own (`-displayfd`), written once it takes
 * connections.
 */
import { describeExit, type OwnedChild } from "../base/child-process.ts";
import { withDeadline } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import { LineDecoder } from "../base/line-decoder.ts";

/** The first descriptor behind the standard ones. */
const descriptor = 3;
const timeoutMs = 5_000;

/** The arguments for it; the child needs one extra pipe. */
export const displayNumberArguments = [
  "-displayfd",
  String(descriptor),
] as const;

/**
 * Waits for the number of `server`'s display.
 * @throws StreamSpaceError `child-exited` with its last words, `bad-message`, `timeout`, `aborted`.
 */
export async function displayNumberOf(
  server: OwnedChild,
  signal: AbortSignal,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const lines = new LineDecoder(resolve);
  server.pipe(descriptor).on("data", (chunk: Buffer) => {
    lines.write(chunk);
  });
  const ended = server.exited.then((reason): never => {
    const words = server.lastLines().at(-1) ?? "it said nothing";
    throw new StreamSpaceError(
      "child-exited",
      `${server.name} ${describeExit(reason)}: ${words}`,
    );
  });
  const text = await withDeadline(Promise.race([promise, ended]), {
    ...{ timeoutMs, signal },
    what: `the display number of ${server.name}`,
  });
  const displayNumber = Number(text.trim());
  if (Number.isInteger(displayNumber) && displayNumber >= 0)
    return displayNumber;
  throw new StreamSpaceError(
    "bad-message",
    `${server.name} named no display on its pipe`,
  );
}
