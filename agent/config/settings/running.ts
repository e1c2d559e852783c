/**
 * Settings of directories and logs.
 */
import { join } from "node:path";
import { logFormats, logLevels } from "../../base/log.ts";
import { computedSetting, setting } from "../setting.ts";
import { absolutePath, choice } from "../value-kinds.ts";

/** Part of the table in settings.ts. */
export const runningSettings = {
  runtimeDir: computedSetting({
    flag: "--runtime-dir",
    variable: "STREAMSPACE_RUNTIME_DIR",
    section: "Limits, files and logs",
    description:
      "The directory for sockets and other files that live as long as the session. Two agents on one machine need two of them.",
    kind: absolutePath,
    defaultOf: ({ env, uid }) => {
      const base = env["XDG_RUNTIME_DIR"];
      return base?.startsWith("/")
        ? join(base, "streamspace")
        : `/tmp/streamspace-${uid}`;
    },
    defaultText:
      "`$XDG_RUNTIME_DIR/streamspace`, or `/tmp/streamspace-<user id>` without that variable",
  }),
  cacheDir: computedSetting({
    flag: "--cache-dir",
    variable: "STREAMSPACE_CACHE_DIR",
    section: "Limits, files and logs",
    description:
      "The directory in which the agent remembers which encoders work here, so that later starts need not try them.",
    kind: absolutePath,
    defaultOf: ({ env, uid }) => {
      const cache = env["XDG_CACHE_HOME"];
      if (cache?.startsWith("/")) return join(cache, "streamspace");
      const home = env["HOME"];
      return home?.startsWith("/")
        ? join(home, ".cache", "streamspace")
        : `/tmp/streamspace-cache-${uid}`;
    },
    defaultText:
      "`$XDG_CACHE_HOME/streamspace`, or `~/.cache/streamspace` without that variable",
  }),
  logLevel: setting({
    flag: "--log-level",
    variable: "STREAMSPACE_LOG_LEVEL",
    section: "Limits, files and logs",
    description: "The least important messages that are logged.",
    kind: choice(logLevels),
    default: "info",
  }),
  logFormat: setting({
    flag: "--log-format",
    variable: "STREAMSPACE_LOG_FORMAT",
    section: "Limits, files and logs",
    description:
      "`json` for machines, `pretty` for people, `auto` for pretty where the output is a terminal.",
    kind: choice(logFormats),
    default: "auto",
  }),
};
