/**
 * The last step of a build. Tags that stand for one version belong together, in the registry and in the engine, so it is
 * the one step that a signal does not stop.
 */
import { BuildFailure } from "./failure.ts";

/** A tag that is to be set. */
export interface TagToSet {
  /** The name a person pulls, and where it is. */
  reference: string;
  /** Has a deadline of its own. */
  set: () => Promise<unknown>;
}

/**
 * Sets tags one after the other. `signal` stops this before the first one, and is too late from then on.
 * @param onLate is called where it fires too late.
 * @throws BuildFailure `interrupted` where no tag was touched; what the first failure is otherwise, and which tags are set.
 */
export async function setTags(
  tags: readonly TagToSet[],
  signal: AbortSignal,
  onLate: () => void,
): Promise<void> {
  if (signal.aborted) {
    throw new BuildFailure("interrupted", "interrupted before a tag was set");
  }
  signal.addEventListener("abort", onLate, { once: true });
  const references = tags.map(({ reference }) => reference);
  try {
    for (const [index, { set }] of tags.entries()) {
      try {
        await set();
      } catch (error) {
        throw error instanceof BuildFailure
          ? incomplete(error, references.slice(0, index), references)
          : error;
      }
    }
  } finally {
    signal.removeEventListener("abort", onLate);
  }
}

function incomplete(
  cause: BuildFailure,
  set: readonly string[],
  all: readonly string[],
): BuildFailure {
  const done = set.length === 0 ? "none" : set.join(", ");
  const left = all.slice(set.length).join(", ");
  return new BuildFailure(
    cause.kind,
    `${cause.message}; tags that are set: ${done}; not set: ${left}`,
    { cause, lastLines: cause.lastLines },
  );
}
