/**
 * How loud a track is, for a meter beside the switch of the microphone.
 */
import { loudnessOf } from "./loudness.ts";

/** Samples that are looked at: 21 ms at 48 kHz. */
const fftSize = 1_024;

/** See the module's description. Costs an audio context from its making until {@link close}. */
export class LevelMeter {
  readonly #context = new AudioContext();
  readonly #source: MediaStreamAudioSourceNode;
  readonly #analyser: AnalyserNode;
  readonly #samples = new Float32Array(fftSize);

  constructor(track: MediaStreamTrack) {
    this.#source = this.#context.createMediaStreamSource(
      new MediaStream([track]),
    );
    this.#analyser = new AnalyserNode(this.#context, { fftSize });
    this.#source.connect(this.#analyser); // And no further: nobody is to hear himself.
  }

  /** 0…1, of the last moment. */
  get level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudnessOf(this.#samples);
  }

  /** Idempotent. */
  close(): void {
    this.#source.disconnect();
    if (this.#context.state !== "closed") void this.#context.close();
  }
}
