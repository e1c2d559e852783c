/** How the screen may be captured; see the setting of that name. */
export const videoCaptures = ["auto", "damage", "polling"] as const;
export type VideoCapture = (typeof videoCaptures)[number];
