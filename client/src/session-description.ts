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
