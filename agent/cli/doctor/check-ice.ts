import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { messageOf, systemCodeOf } from "../../base/errors.ts";
import type { PortRange } from "../../config/ice-kinds.ts";
import type { Config } from "../../config/settings.ts";
import { fine, type Check, type Finding } from "./finding.ts";
import { askStunServer, parseIceUrl } from "./stun-probe.ts";

/** Ports of a range that are tried; a larger range is tried at its beginning. */
const portsTried = 64;

/** Addresses, UDP ports and servers that media may use. */
export const iceCheck: Check = {
  area: "ICE",
  async run(config, signal) {
    const urls = config.iceServers.flatMap(({ urls: some }) => some);
    const servers = await Promise.all(
      urls.map(async (url) => await server(url, signal)),
    );
    return [
      addresses(config),
      ...(config.icePortRange === undefined
        ? []
        : [await ports(config.icePortRange)]),
      ...(servers.length > 0
        ? servers
        : [fine("ICE", "no STUN or TURN server is set: direct paths only")]),
    ];
  },
};

function addresses(config: Config): Finding {
  const own = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => !entry.internal)
    .map((entry) => entry.address);
  const all = [...own, ...config.iceAdvertisedAddresses];
  if (all.length > 0) {
    return fine("ICE", `browsers are offered the addresses ${all.join(", ")}`);
  }
  return {
    area: "ICE",
    status: "warn",
    message: "this machine has no address but loopback",
    mend: "Only browsers on this machine can connect; name outer addresses with --ice-advertised-addresses.",
  };
}

async function ports({ min, max }: PortRange): Promise<Finding> {
  const last = Math.min(max, min + portsTried - 1);
  const taken: number[] = [];
  for (let port = min; port <= last; port += 1) {
    if (!(await isBindable(port))) taken.push(port);
  }
  const range = `the UDP ports ${min}-${max}`;
  if (taken.length === 0) return fine("ICE", `${range} can be bound`);
  const tried = last - min + 1;
  return {
    area: "ICE",
    status: taken.length === tried ? "fail" : "warn",
    message: `${taken.length} of the first ${tried} of ${range} are taken`,
    mend: "End what uses them, or choose another range with --ice-port-range.",
  };
}

async function isBindable(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    socket.bind({ port, exclusive: true });
    await once(socket, "listening");
    return true;
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return false; // Taken or forbidden: either way ICE cannot use it.
  } finally {
    socket.close();
  }
}

async function server(url: string, signal: AbortSignal): Promise<Finding> {
  try {
    return fine(
      "ICE",
      `${url} ${await askStunServer(parseIceUrl(url), signal)}`,
    );
  } catch (error) {
    return {
      area: "ICE",
      status: "fail",
      message: `${url} does not answer: ${messageOf(error)}`,
      mend: "Check its name, that it runs, and that no firewall is between; or take it out of --ice-servers.",
    };
  }
}
