/**
 * How many may be here. Pure.
 */
import type { Role } from "../protocol.ts";

/** The settings of a session. */
export interface PlaceLimits {
  /** Viewers of both roles. */
  maxViewers: number;
  maxControllers: number;
}

/**
 * Whether one more of `role` may come. Lookers leave one place for a controller, or a link that went around would
 * keep those out whose session it is.
 */
export function hasPlace(
  limits: PlaceLimits,
  present: readonly Role[],
  role: Role,
): boolean {
  if (present.length >= limits.maxViewers) return false;
  const ofRole = present.filter((each) => each === role).length;
  return role === "controller"
    ? ofRole < limits.maxControllers
    : ofRole < limits.maxViewers - 1;
}
