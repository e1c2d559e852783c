/**
 * Settings of the way that media takes.
 */
import { transportModes } from "../../../signaling/protocol.ts";
import { iceServerList, portRange } from "../ice-kinds.ts";
import { optionalSetting, setting } from "../setting.ts";
import { choice, ipAddressList } from "../value-kinds.ts";

/** Part of the table in settings.ts. */
export const networkSettings = {
  iceServers: setting({
    flag: "--ice-servers",
    variable: "STREAMSPACE_ICE_SERVERS",
    section: "Network path (ICE)",
    description:
      "STUN and TURN servers, for the agent and for the browsers that connect to it.",
    kind: iceServerList,
    secret: true,
    default: [],
    defaultText: "none: only direct connections",
  }),
  transport: setting({
    flag: "--transport",
    variable: "STREAMSPACE_TRANSPORT",
    section: "Network path (ICE)",
    description:
      "By which way pages get picture and sound. `auto`: WebRTC, the WebSocket where that does not get through, and VNC where that shows nothing either; `webrtc`, `websocket` or `vnc`: that one alone.",
    kind: choice(transportModes),
    default: "auto",
  }),
  iceTransportPolicy: setting({
    flag: "--ice-transport-policy",
    variable: "STREAMSPACE_ICE_TRANSPORT_POLICY",
    section: "Network path (ICE)",
    description:
      "`relay` sends media through a TURN server only, and therefore needs one; `all` also tries direct paths.",
    kind: choice(["all", "relay"]),
    default: "all",
  }),
  icePortRange: optionalSetting({
    flag: "--ice-port-range",
    variable: "STREAMSPACE_ICE_PORT_RANGE",
    section: "Network path (ICE)",
    description:
      "The UDP ports that media may use, for firewalls and published container ports.",
    kind: portRange,
    defaultText: "any free port",
  }),
  iceAdvertisedAddresses: setting({
    flag: "--ice-advertised-addresses",
    variable: "STREAMSPACE_ICE_ADVERTISED_ADDRESSES",
    section: "Network path (ICE)",
    description:
      "Addresses that browsers can reach this machine at although no interface has them, such as a node's address in front of a pod.",
    kind: ipAddressList,
    default: [],
    defaultText: "none: those of the interfaces",
  }),
};
