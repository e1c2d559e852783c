/**
 * Whether an SDP answer belongs to an offer, as far as its outline goes. The WebRTC library takes an
 * answer without media sections, and one with those of another offer, for one that declines everything.
 */

interface MediaSection {
  kind: string;
  mid: string | undefined;
  rejected: boolean;
}

/**
 * An answer has the media sections of the offer, in the same order (RFC 3264, section 6), with the
 * same MIDs (RFC 8829, section 5.3.1), and decides who begins the DTLS handshake (RFC 5763, section 5).
 */
export function answerFitsOffer(offer: string, answer: string): boolean {
  const offered = mediaSections(offer);
  const answered = mediaSections(answer);
  return (
    answered.length === offered.length &&
    answered.every(({ kind, mid, rejected }, index) => {
      const section = offered[index];
      // What is rejected needs no attributes.
      const isSame = mid === section?.mid || (rejected && mid === undefined);
      return isSame && kind === section?.kind;
    }) &&
    !/^a=setup:actpass\r?$/m.test(answer)
  );
}

function mediaSections(sdp: string): MediaSection[] {
  return sdp
    .split(/^m=/m)
    .slice(1)
    .map((section) => {
      const [kind = "", port] = section.split(" ", 2);
      const mid = /^a=mid:(?<mid>\S+)/m.exec(section)?.groups?.["mid"];
      return { kind, mid, rejected: port === "0" };
    });
}
