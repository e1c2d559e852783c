/**
 * The supervisor of a session, with each stream tied to the service that runs it.
 */
import { systemClock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import type { SessionServices } from "./session-services.ts";

/** Starts nothing yet. */
export function superviseSession(
  services: SessionServices,
  log: Logger,
): Supervisor {
  const { audio, microphone, specs, video, vnc } = services;
  const supervisor = new Supervisor({
    ...{ services: specs, clock: systemClock, log },
  });
  for (const { stream } of video) stream.bind(supervisor.service(stream.name));
  audio?.stream.bind(supervisor.service(audio.stream.name));
  microphone?.bind(supervisor.service(microphone.spec.name));
  vnc.bind((name) => supervisor.service(name));
  return supervisor;
}
