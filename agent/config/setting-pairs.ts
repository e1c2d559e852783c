/**
 * Settings that are right each by itself and make no sense together. Pure.
 */
import { codecOfElement } from "./encoder-kinds.ts";
import { hasTurnServer } from "./ice-kinds.ts";
import type { Config, SettingName } from "./settings.ts";

/** What is known of how a setting was given. */
export interface GivenSettings {
  /** The flag or the variable by which somebody gave it. */
  readonly writtenAs: (name: SettingName) => string;
  /** Whether its own value was refused, so that `values` has the default in its place. */
  readonly isWrong: (name: SettingName) => boolean;
}

type Values = Pick<
  Config,
  | "audio"
  | "display"
  | "iceServers"
  | "iceTransportPolicy"
  | "microphone"
  | "transport"
  | "videoCodecs"
  | "videoEncoder"
  | "vnc"
  | "vncPasswordFile"
  | "vncPort"
  | "xServer"
>;

/** A sentence for each pair that contradicts itself; none about a setting that is wrong already. */
export function pairProblems(values: Values, given: GivenSettings): string[] {
  return [
    relayWithoutServer(values, given),
    encoderWithoutCodec(values, given),
    microphoneWithoutSound(values, given),
    ...vncPortInVain(values, given),
    transportWithoutVnc(values, given),
    ownServerOfForeignDisplay(values, given),
  ].filter((problem) => problem !== undefined);
}

function relayWithoutServer(
  { iceTransportPolicy, iceServers }: Values,
  { writtenAs, isWrong }: GivenSettings,
): string | undefined {
  if (iceTransportPolicy !== "relay" || hasTurnServer(iceServers))
    return undefined;
  if (isWrong("iceServers")) return undefined;
  return `${writtenAs("iceTransportPolicy")} is "relay" but ${writtenAs("iceServers")} names no TURN server to relay through`;
}

function encoderWithoutCodec(
  { videoEncoder, videoCodecs }: Values,
  { writtenAs, isWrong }: GivenSettings,
): string | undefined {
  const idle = videoEncoder.find(
    (element) =>
      !videoCodecs.some((codec) => codec === codecOfElement(element)),
  );
  if (idle === undefined || isWrong("videoCodecs")) return undefined;
  return `${writtenAs("videoEncoder")} names ${idle}, whose codec ${writtenAs("videoCodecs")} leaves out`;
}

function microphoneWithoutSound(
  { audio, microphone }: Values,
  { writtenAs }: GivenSettings,
): string | undefined {
  if (audio || !microphone) return undefined;
  return `${writtenAs("microphone")} needs sound, but ${writtenAs("audio")} is off`;
}

function vncPortInVain(
  { vnc, vncPort, vncPasswordFile }: Values,
  { writtenAs, isWrong }: GivenSettings,
): string[] {
  if (vncPort === undefined) return [];
  const port = writtenAs("vncPort");
  if (!vnc)
    return [`${port} opens a port for VNC, but ${writtenAs("vnc")} is off`];
  if (vncPasswordFile !== undefined || isWrong("vncPasswordFile")) return [];
  return [
    `${port} needs a password: ${writtenAs("vncPasswordFile")} names no file`,
  ];
}

function transportWithoutVnc(
  { transport, vnc }: Values,
  { writtenAs }: GivenSettings,
): string | undefined {
  if (transport !== "vnc" || vnc) return undefined;
  return `${writtenAs("transport")} is "vnc", but ${writtenAs("vnc")} is off`;
}

function ownServerOfForeignDisplay(
  { display, xServer }: Values,
  { writtenAs }: GivenSettings,
): string | undefined {
  if (xServer === "xvfb" || display === undefined) return undefined;
  return `${writtenAs("xServer")} is "${xServer}" but ${writtenAs("display")} names a display that somebody else runs; --display none starts an own one`;
}
