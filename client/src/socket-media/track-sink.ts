/**
 * Makes a track out of decoded frames, for the elements that show tracks.
 *
 * Chromium has a generator for that. Elsewhere video goes through a canvas and sound through an audio context, which are
 * a frame, or some ten milliseconds, slower.
 */

/** Takes decoded frames; each belongs to the sink, which closes it. */
export interface TrackSink<T> {
  readonly track: MediaStreamTrack;
  write(frame: T): void;
  /** Idempotent. */
  close(): void;
}

interface TrackGenerator<T> extends MediaStreamTrack {
  readonly writable: WritableStream<T>;
}
type TrackGeneratorConstructor = new (options: {
  kind: "video" | "audio";
}) => TrackGenerator<VideoFrame | AudioData>;

function generatorConstructor(): TrackGeneratorConstructor | undefined {
  const { MediaStreamTrackGenerator } = globalThis as {
    MediaStreamTrackGenerator?: TrackGeneratorConstructor;
  };
  return MediaStreamTrackGenerator;
}

/** A track of pictures. */
export function videoSink(): TrackSink<VideoFrame> {
  const Generator = generatorConstructor();
  return Generator === undefined
    ? canvasSink()
    : generatorSink<VideoFrame>(new Generator({ kind: "video" }));
}

/** A track of sound. */
export function audioSink(): TrackSink<AudioData> {
  const Generator = generatorConstructor();
  return Generator === undefined
    ? contextSink()
    : generatorSink<AudioData>(new Generator({ kind: "audio" }));
}

function generatorSink<T extends VideoFrame | AudioData>(
  generator: TrackGenerator<VideoFrame | AudioData>,
): TrackSink<T> {
  const writer = generator.writable.getWriter();
  // Whoever stops the track ends the stream; what is written after that is lost, and nobody waits for it.
  writer.closed.catch(() => undefined);
  return {
    track: generator,
    write: (frame) => {
      // It takes the frame over, also where it has no use for it.
      writer.write(frame).catch(() => {
        frame.close();
      });
    },
    close: () => {
      generator.stop();
    },
  };
}

function canvasSink(): TrackSink<VideoFrame> {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false });
  // Firefox captures nothing of a canvas without a context.
  const [track] = canvas.captureStream().getVideoTracks();
  if (track === undefined) throw new Error("a canvas has no video track");
  return {
    track,
    write: (frame) => {
      if (canvas.width !== frame.displayWidth)
        canvas.width = frame.displayWidth;
      if (canvas.height !== frame.displayHeight)
        canvas.height = frame.displayHeight;
      context?.drawImage(frame, 0, 0);
      frame.close();
    },
    close: () => {
      track.stop();
    },
  };
}

/** Sound that arrives is played this much later, in seconds: as much as packets may be late. */
const leadSeconds = 0.06;
/** More than this ahead, in seconds, and some of it is left out. */
const mostAheadSeconds = 0.2;

function contextSink(): TrackSink<AudioData> {
  const context = new AudioContext({ latencyHint: "interactive" });
  const destination = context.createMediaStreamDestination();
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new Error("a destination has no audio track");
  const ending = new AbortController();
  // Browsers let a context run only after a gesture.
  const wake = (): void => {
    if (context.state === "suspended") void context.resume();
  };
  for (const type of ["pointerdown", "keydown"])
    window.addEventListener(type, wake, {
      capture: true,
      signal: ending.signal,
    });
  let nextSeconds = 0;
  return {
    track,
    write: (data) => {
      const buffer = context.createBuffer(
        data.numberOfChannels,
        data.numberOfFrames,
        data.sampleRate,
      );
      for (let channel = 0; channel < data.numberOfChannels; channel += 1)
        data.copyTo(buffer.getChannelData(channel), {
          planeIndex: channel,
          format: "f32-planar",
        });
      data.close();
      const nowSeconds = context.currentTime;
      if (nextSeconds > nowSeconds + mostAheadSeconds) return;
      if (nextSeconds < nowSeconds) nextSeconds = nowSeconds + leadSeconds;
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(destination);
      source.start(nextSeconds);
      nextSeconds += buffer.duration;
    },
    close: () => {
      ending.abort();
      track.stop();
      void context.close().catch(() => undefined);
    },
  };
}
