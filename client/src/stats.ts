/**
 * From the reports of `RTCPeerConnection.getStats` to the figures of the overlay. Pure.
 */

/** What is shown and what `window.streamspace.stats` holds; `undefined`: not known (yet). */
export interface StatsSnapshot {
  /** Frames decoded in the last second. */
  framesPerSecond: number | undefined;
  width: number | undefined;
  height: number | undefined;
  /** Video and audio together, in bits per second. */
  bitrateBps: number | undefined;
  roundTripMs: number | undefined;
  /** Share of video packets lost since the last sample, 0…1. */
  packetLoss: number | undefined;
  jitterMs: number | undefined;
  /** Mean decode time of the frames since the last sample. */
  decodeMs: number | undefined;
  /** Mean time of frames in the jitter buffer since the last sample. */
  bufferMs: number | undefined;
  framesDecoded: number;
  framesDropped: number;
  /** Times the picture stood still although frames were due. */
  freezes: number;
  keyFrames: number;
  videoCodec: string | undefined;
  audioCodec: string | undefined;
  decoder: string | undefined;
  /** How packets travel, e.g. `udp host` or `tcp relay`. */
  path: string | undefined;
}

/** One entry of an RTCStatsReport, whose types leave out most of its fields. */
export type StatsEntry = Readonly<Record<string, unknown>>;

/** Counters of one sample that the next one is compared with. */
export interface StatsCounters {
  timestampMs: number;
  bytes: number;
  packets: number;
  lost: number;
  /** 0 in browsers that do not count them. */
  framesReceived: number;
  framesDecoded: number;
  decodeSeconds: number;
  bufferSeconds: number;
  bufferCount: number;
}

/** Reads one report, and compares it with the counters of the one before. */
export function summarize(
  entries: Iterable<StatsEntry>,
  before: StatsCounters | undefined,
): { snapshot: StatsSnapshot; counters: StatsCounters } {
  const byId = new Map<unknown, StatsEntry>();
  for (const entry of entries) byId.set(entry["id"], entry);
  const all = [...byId.values()];
  const inbound = (kind: string): StatsEntry =>
    all.find(
      (entry) => entry["type"] === "inbound-rtp" && entry["kind"] === kind,
    ) ?? {};
  const video = inbound("video");
  const audio = inbound("audio");
  const counters = countersOf(video, audio);
  const pair = selectedPair(all, byId);
  const seconds = numberOf(pair, "currentRoundTripTime");
  return {
    counters,
    snapshot: {
      ...rates(counters, before),
      width: numberOf(video, "frameWidth"),
      height: numberOf(video, "frameHeight"),
      roundTripMs: seconds === undefined ? undefined : seconds * 1_000,
      jitterMs: inMs(numberOf(video, "jitter")),
      framesDecoded: counters.framesDecoded,
      framesDropped: numberOf(video, "framesDropped") ?? 0,
      freezes: numberOf(video, "freezeCount") ?? 0,
      keyFrames: numberOf(video, "keyFramesDecoded") ?? 0,
      videoCodec: codecName(video, byId),
      audioCodec: codecName(audio, byId),
      decoder: textOf(video, "decoderImplementation"),
      path: pathOf(pair, byId),
    },
  };
}

function countersOf(video: StatsEntry, audio: StatsEntry): StatsCounters {
  const count = (entry: StatsEntry, field: string): number =>
    numberOf(entry, field) ?? 0;
  return {
    timestampMs: count(video, "timestamp") || count(audio, "timestamp"),
    bytes: count(video, "bytesReceived") + count(audio, "bytesReceived"),
    packets: count(video, "packetsReceived"),
    lost: count(video, "packetsLost"),
    framesReceived: count(video, "framesReceived"),
    framesDecoded: count(video, "framesDecoded"),
    decodeSeconds: count(video, "totalDecodeTime"),
    bufferSeconds: count(video, "jitterBufferDelay"),
    bufferCount: count(video, "jitterBufferEmittedCount"),
  };
}

type Rates = Pick<
  StatsSnapshot,
  "framesPerSecond" | "bitrateBps" | "packetLoss" | "decodeMs" | "bufferMs"
>;

function rates(now: StatsCounters, before: StatsCounters | undefined): Rates {
  const seconds =
    before === undefined ? 0 : (now.timestampMs - before.timestampMs) / 1_000;
  // Counters that went back belong to a connection that has been replaced.
  if (before === undefined || seconds <= 0 || now.bytes < before.bytes) {
    return {
      framesPerSecond: undefined,
      bitrateBps: undefined,
      packetLoss: undefined,
      decodeMs: undefined,
      bufferMs: undefined,
    };
  }
  const frames = now.framesDecoded - before.framesDecoded;
  // A packet that arrives late is taken off the losses again (RFC 3550, A.3).
  const lost = Math.max(now.lost - before.lost, 0);
  return {
    framesPerSecond: frames / seconds,
    bitrateBps: ((now.bytes - before.bytes) * 8) / seconds,
    packetLoss: ratio(lost, lost + now.packets - before.packets) ?? 0,
    decodeMs: inMs(ratio(now.decodeSeconds - before.decodeSeconds, frames)),
    bufferMs: inMs(
      ratio(
        now.bufferSeconds - before.bufferSeconds,
        now.bufferCount - before.bufferCount,
      ),
    ),
  };
}

function selectedPair(
  all: readonly StatsEntry[],
  byId: ReadonlyMap<unknown, StatsEntry>,
): StatsEntry {
  const transport = all.find((entry) => entry["type"] === "transport");
  return (
    byId.get(transport?.["selectedCandidatePairId"]) ??
    // Firefox has no transport entry and marks the pair itself.
    all.find(
      (entry) =>
        entry["type"] === "candidate-pair" &&
        (entry["selected"] === true ||
          (entry["nominated"] === true && entry["state"] === "succeeded")),
    ) ??
    {}
  );
}

function codecName(
  stream: StatsEntry,
  byId: ReadonlyMap<unknown, StatsEntry>,
): string | undefined {
  const mimeType = textOf(byId.get(stream["codecId"]) ?? {}, "mimeType");
  return mimeType?.slice(mimeType.indexOf("/") + 1);
}

function pathOf(
  pair: StatsEntry,
  byId: ReadonlyMap<unknown, StatsEntry>,
): string | undefined {
  const local = byId.get(pair["localCandidateId"]);
  if (local === undefined) return undefined;
  const protocol =
    textOf(local, "relayProtocol") ?? textOf(local, "protocol") ?? "";
  return `${protocol} ${textOf(local, "candidateType") ?? ""}`.trim();
}

function numberOf(entry: StatsEntry, field: string): number | undefined {
  const value = entry[field];
  return typeof value === "number" ? value : undefined;
}

function textOf(entry: StatsEntry, field: string): string | undefined {
  const value = entry[field];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}
