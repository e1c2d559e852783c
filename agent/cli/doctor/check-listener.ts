import { once } from "node:events";
import { createServer } from "node:net";
import { messageOf, systemCodeOf } from "../../base/errors.ts";
import { readSessionFacts } from "../../session/session-directory.ts";
import { fine, type Check, type Finding } from "./finding.ts";

const mends: Readonly<Record<string, string>> = {
  EADDRINUSE: "End the other program, or choose another port with --port.",
  EACCES:
    "Ports below 1024 are for root on most machines: choose another with --port.",
  EADDRNOTAVAIL:
    "No interface of this machine has that address: choose another with --host.",
  ENOTFOUND: "That name has no address: give an IP address with --host.",
};

/** Whether the agent could listen where the settings say. */
export const listenerCheck: Check = {
  area: "port",
  async run({ host, port, runtimeDir }) {
    if (port !== 0 && readSessionFacts(runtimeDir)?.port === port) {
      return [fine("port", `port ${port} is held by the agent that runs`)];
    }
    const server = createServer();
    try {
      server.listen({ host, port, exclusive: true });
      await once(server, "listening");
      return [
        fine(
          "port",
          `port ${port === 0 ? "0 (any)" : port} on ${host} is free`,
        ),
      ];
    } catch (error) {
      const code = systemCodeOf(error) ?? "";
      const what =
        code === "EADDRINUSE"
          ? "is taken"
          : `cannot be opened (${code === "" ? messageOf(error) : code})`;
      const finding: Finding = {
        area: "port",
        status: "fail",
        message: `port ${port} on ${host} ${what}`,
        mend: mends[code] ?? "Choose another one with --host and --port.",
      };
      return [finding];
    } finally {
      server.close();
    }
  },
};
