/**
 * What this client reads from and writes to SDP. Pure.
 */

/** Whether an answer rejects the video: port 0 in its media line (RFC 8829, 5.3.1). */
export function rejectsVideo(sdp: string): boolean {
  return /^m=video 0 /m.test(sdp);
}

/**
 * Asks for stereo in every Opus format of an answer (RFC 7587, 6.1). Chromium decodes to mono unless
 * its own description says this.
 */
export function withStereoOpus(sdp: string): string {
  const payloadTypes = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\//gim)].map(
    (match) => match[1] ?? "",
  );
  let result = sdp;
  for (const payloadType of payloadTypes) {
    const line = new RegExp(
      `^a=fmtp:${payloadType} (?!(?:.*;)?\\s*stereo=1)[^\\r\\n]*`,
      "m",
    );
    result = result.replace(line, (found) => `${found};stereo=1`);
  }
  return result;
}

/** SDP name of sound in more channels than two: multistream Opus. */
const multistreamOpus = "multiopus";

/**
 * The beginning of a section of sound that is not rejected, which port 0 would do (RFC 8829, 5.3.1), up to where
 * attributes may come (RFC 8866, section 5).
 */
const soundSection =
  /^(m=audio [1-9]\d* \S+) ([^\r\n]*)\r\n((?:[icb]=[^\r\n]*\r\n)*)/m;

/**
 * `answer` with the multistream Opus of `offer` in front, which browsers that decode it (those made from
 * libwebrtc) do not put there themselves. `undefined` where the offer has none or the answer takes no sound.
 */
export function withSurround(
  answer: string,
  offer: string,
): string | undefined {
  const codec = new RegExp(
    `^a=rtpmap:(\\d+) ${multistreamOpus}/\\d+/\\d+`,
    "im",
  ).exec(offer);
  const section = soundSection.exec(answer);
  const [rtpmap, payloadType] = codec ?? [];
  if (rtpmap === undefined || payloadType === undefined || section === null)
    return undefined;
  const [all, media = "", payloadTypes = "", head = ""] = section;
  const fmtp = new RegExp(`^a=fmtp:${payloadType} [^\\r\\n]*`, "m").exec(offer);
  const lines = [rtpmap, ...(fmtp ?? [])].map((line) => `${line}\r\n`).join("");
  return answer.replace(
    all,
    // A function: in a string, "$" would have a meaning.
    () => `${media} ${payloadType} ${payloadTypes}\r\n${head}${lines}`,
  );
}

/** Whether one of `codecs`, of a receiver, is multistream Opus. */
export function hasSurround(codecs: readonly { mimeType: string }[]): boolean {
  return codecs.some(
    ({ mimeType }) => mimeType.toLowerCase() === `audio/${multistreamOpus}`,
  );
}

/** MID of the place that an offer has for the viewer's own sound (`recvonly` of the agent); `undefined` without one. */
export function microphoneMid(offer: string): string | undefined {
  const section = offer
    .split(/^(?=m=)/m)
    .find(
      (part) => part.startsWith("m=audio ") && /^a=recvonly\r?$/m.test(part),
    );
  return section && /^a=mid:(\S+)/m.exec(section)?.[1];
}
