/**
 * What happens to the page and matters to the connection: gestures, the network, sleep.
 */

export interface PageLifeListener {
  /** The user did something that lets sound begin. */
  onGesture(): void;
  /** The network changed, or the user came back. */
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
  // Another network, or none, or the same one again: what was open may be dead.
  for (const type of ["online", "offline"] as const)
    window.addEventListener(type, back, { signal });
  networkInformation()?.addEventListener("change", back, { signal });
  document.addEventListener("resume", back, { signal }); // Chromium: a tab that was frozen.
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

/** Chromium tells of a change from one network to another, which is no `online`. */
function networkInformation(): EventTarget | undefined {
  return (navigator as Navigator & { connection?: EventTarget }).connection;
}
