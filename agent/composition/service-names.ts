/**
 * What the services of a session are called.
 */

/** Names of the services, as they appear in health and logs. */
export const serviceNames = {
  display: "display",
  windowManager: "window-manager",
  sound: "sound",
  application: "application",
  audio: "audio",
  microphone: "microphone",
} as const;
