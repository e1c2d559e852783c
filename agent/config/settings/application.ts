/**
 * Settings of the application, and of the user that the session runs as.
 */
import { integer } from "../number-kinds.ts";
import { optionalSetting, setting } from "../setting.ts";
import { choice, commandLine, timeZone } from "../value-kinds.ts";

/** User and group ids above 65535 exist: OpenShift gives each namespace a range of its own. */
const largestId = 4_294_967_294;

/** Part of the table in settings.ts. */
export const applicationSettings = {
  application: optionalSetting({
    commandLine: "run -- command arguments…",
    variable: "STREAMSPACE_APPLICATION",
    section: "Application",
    description:
      "The program that the session is for. No shell reads it: each argument is one element.",
    kind: commandLine,
    defaultText: "a small demo desktop",
  }),
  onApplicationExit: setting({
    flag: "--on-application-exit",
    variable: "STREAMSPACE_ON_APPLICATION_EXIT",
    section: "Application",
    description:
      "What happens when the application ends: start it again, stop the whole session, or keep the empty desktop.",
    kind: choice(["restart", "stop", "keep"]),
    default: "restart",
  }),
  puid: optionalSetting({
    flag: "--puid",
    variable: "PUID",
    section: "Application",
    description:
      "The user id that the session's programs run as where the agent itself is root. 0 is refused: name no user rather than root.",
    kind: integer({ min: 1, max: largestId }),
    defaultText: "the agent's own user",
  }),
  pgid: optionalSetting({
    flag: "--pgid",
    variable: "PGID",
    section: "Application",
    description:
      "The group id that the session's programs run as where the agent itself is root.",
    kind: integer({ min: 1, max: largestId }),
    defaultText: "the agent's own group",
  }),
  timezone: optionalSetting({
    flag: "--timezone",
    variable: "TZ",
    section: "Application",
    description:
      "The time zone of the session's programs. An unknown one is warned about, and UTC is used.",
    kind: timeZone,
    defaultText: "that of the machine or container",
  }),
};
