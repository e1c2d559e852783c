/**
 * Why a session ends by itself: its application did, or it will never have a picture.
 */
import type { StreamSpaceError } from "../base/errors.ts";
import type { Config } from "../config/settings.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { EncoderCatalogue } from "../../encoders/proof/catalogue.ts";
import type { EndRequest } from "./end-request.ts";
import { serviceNames } from "./service-names.ts";
import type { SessionServices } from "./session-services.ts";

/** What {@link reasonToEnd} judges by. */
export interface SessionFate {
  onApplicationExit: Config["onApplicationExit"];
  services: Pick<SessionServices, "video">;
  supervisor: Pick<Supervisor, "service" | "snapshot">;
  catalogue: Pick<EncoderCatalogue, "explicitFailure">;
  /** Whether the session was ready when it was last noted. */
  wasReady: boolean;
}

/** @returns the reason, or the error that makes the session pointless; `undefined` while it goes on. */
export function reasonToEnd(
  fate: SessionFate,
): EndRequest | StreamSpaceError | undefined {
  return endOfApplication(fate) ?? lackOfHope(fate);
}

function endOfApplication(fate: SessionFate): EndRequest | undefined {
  if (fate.onApplicationExit !== "stop") return undefined;
  const application = fate.supervisor
    .snapshot()
    .find(({ name }) => name === serviceNames.application);
  if (application?.state.name !== "stopped") return undefined;
  return {
    reason: `the application ${application.state.reason}`,
    isGraceful: false,
  };
}

/** The session never had a picture, and lacks what no retry brings. */
function lackOfHope(fate: SessionFate): StreamSpaceError | undefined {
  const { explicitFailure } = fate.catalogue;
  if (explicitFailure !== undefined) return explicitFailure;
  if (fate.wasReady) return undefined;
  const errors = fate.services.video.map(
    ({ stream }) => fate.supervisor.service(stream.name).startError,
  );
  const isHopeless = errors.every((error) => error?.code === "missing-element");
  return isHopeless ? errors[0] : undefined;
}
