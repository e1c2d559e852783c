/**
 * Settings of the listener, and of who may reach the session.
 */
import { integer } from "../number-kinds.ts";
import { optionalSetting, setting } from "../setting.ts";
import {
  absolutePath,
  listenAddress,
  originList,
  token,
} from "../value-kinds.ts";

/** Part of the table in settings.ts. */
export const accessSettings = {
  host: setting({
    flag: "--host",
    variable: "STREAMSPACE_HOST",
    section: "Listener and access",
    description:
      "The address that HTTP and the WebSocket listen on. `127.0.0.1` keeps the session to this machine.",
    kind: listenAddress,
    default: "0.0.0.0",
  }),
  port: setting({
    flag: "--port",
    variable: "STREAMSPACE_PORT",
    section: "Listener and access",
    description:
      "The TCP port that HTTP and the WebSocket listen on. `0` takes any free port; the URL that is printed names it.",
    kind: integer({ min: 0, max: 65_535 }),
    default: 8080,
  }),
  token: optionalSetting({
    flag: "--token",
    variable: "STREAMSPACE_TOKEN",
    section: "Listener and access",
    description:
      "The credential a viewer must present. On a shared machine prefer the variable or the file: flags are visible in process lists.",
    kind: token,
    secret: true,
    defaultText: "a random token, printed once with the URL",
  }),
  tokenFile: optionalSetting({
    flag: "--token-file",
    variable: "STREAMSPACE_TOKEN_FILE",
    section: "Listener and access",
    description:
      "A file that holds the token, such as a mounted Kubernetes Secret. White space around it is dropped; giving both the file and the token is refused.",
    kind: absolutePath,
    defaultText: "none",
  }),
  allowedOrigins: setting({
    flag: "--allowed-origins",
    variable: "STREAMSPACE_ALLOWED_ORIGINS",
    section: "Listener and access",
    description:
      "Pages of which origins may open the WebSocket. `*` allows every page a viewer visits to try tokens.",
    kind: originList,
    default: [],
    defaultText: "only the page that the agent serves itself",
  }),
};
