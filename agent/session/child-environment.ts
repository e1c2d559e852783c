/**
 * The environment of the session's children: what the agent was given, less its own settings, which
 * the composition root has taken out, and with the session's display and sound.
 */

/** What the session adds to the environment. */
export interface SessionEnvironment {
  display: string;
  xauthority: string | undefined;
  /** PulseAudio server; `undefined` without sound. */
  pulseServer: string | undefined;
  /** `undefined`: none was given, or one that does not exist. */
  timezone: string | undefined;
}

/** The environment for a child of the session. */
export function childEnvironment(
  base: NodeJS.ProcessEnv,
  session: SessionEnvironment,
): NodeJS.ProcessEnv {
  return {
    ...base,
    DISPLAY: session.display,
    ...(session.xauthority === undefined
      ? {}
      : { XAUTHORITY: session.xauthority }),
    ...(session.pulseServer === undefined
      ? {}
      : { PULSE_SERVER: session.pulseServer }),
    // Programs read a zone that does not exist in ways of their own; UTC is what the warning says.
    ...(base["TZ"] === undefined && session.timezone === undefined
      ? {}
      : { TZ: session.timezone ?? "UTC" }),
  };
}
