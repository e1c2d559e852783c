/**
 * Candidates for addresses that this host does not have but can be reached under.
 */
import { isIPv6 } from "node:net";

/**
 * For a UDP host candidate line: one more line for each of `addresses` of the same IP family, with the
 * same port and a foundation of its own (RFC 8445, section 5.1.1.3). None for any other candidate.
 */
export function advertisedCandidates(
  line: string,
  addresses: readonly string[],
): string[] {
  // candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type> …
  const fields = line.split(" ");
  const [foundation, , transport, , address, , , type] = fields;
  if (
    foundation === undefined ||
    address === undefined ||
    transport?.toLowerCase() !== "udp" ||
    type !== "host"
  ) {
    return [];
  }
  return addresses
    .filter((advertised) => isIPv6(advertised) === isIPv6(address))
    .filter((advertised) => advertised !== address)
    .map((advertised, index) => {
      const copy = [...fields];
      copy[0] = `${foundation}${index + 1}`;
      copy[4] = advertised;
      return copy.join(" ");
    });
}
