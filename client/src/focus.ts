/**
 * Where the focus is. Pure.
 */

/** The part of an element that counts. */
export interface FocusPlace {
  readonly isConnected: boolean;
  getRootNode(): unknown;
  contains(other: unknown): boolean;
}

/** Whether `place` or something in it has the focus of its page; never while it is out of the page. */
export function hasFocus(place: FocusPlace): boolean {
  if (!place.isConnected) return false;
  // Within a shadow tree, the document calls its host focused; the tree itself knows better.
  const { activeElement } = place.getRootNode() as { activeElement?: unknown };
  return place.contains(activeElement ?? null);
}
