/**
 * What happens to the page and matters to the connection: gestures, the network, sleep.
 */

export interface PageLifeListener {
  /** The user did something that lets sound begin. */
  onGesture(): void;
  /** The network or the user came back. */
  onBack(): void;
  /** The page is left or put to sleep. */
  onAway(): void;
}

/** Tells `listener` until `signal` aborts. */
export function followPageLife(
  listener: PageLifeListener,
  signal: AbortSignal,
): void {
  for (const type of ["pointerdown", "keydown"] as const) {
    document.addEventListener(
      type,
      () => {
        listener.onGesture();
      },
      { signal, capture: true }, // The keyboard keeps its events from bubbling.
    );
  }
  const back = (): void => {
    listener.onBack();
  };
  window.addEventListener("online", back, { signal });
  window.addEventListener(
    "pageshow",
    (event) => {
      if (event.persisted) back();
    },
    { signal },
  );
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "visible") back();
    },
    { signal },
  );
  window.addEventListener(
    "pagehide",
    () => {
      listener.onAway();
    },
    { signal },
  );
}
