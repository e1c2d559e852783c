/**
 * Small helpers for things that end: an idempotent `close()` and a way to ignore an expected failure aloud.
 */

/** Something with an end. Closing twice is harmless. */
export interface Closable extends AsyncDisposable {
  close(): Promise<void>;
}

/** Runs `action` at its first call and answers every later call with the same promise. */
export function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= action());
}
