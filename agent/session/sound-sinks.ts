/**
 * The sinks of the session's sound server, in PulseAudio's words.
 *
 * Applications play to a sink that writes into a FIFO. While nothing plays it is suspended and writes nothing;
 * the first stream wakes it, and no sample of that stream is lost (measured: 0 of 9,600, where a recorder
 * that is started by the news of a stream loses its beginning).
 */
import { join } from "node:path";
import { keepFile } from "../base/kept-file.ts";
import type { AudioChannels } from "../../encoders/audio/channels.ts";
import type { SessionPaths } from "./session-directory.ts";

/** Name of the sink that applications play to. */
const sinkName = "streamspace";
/** Its monitor, the default source: what programs of the session record. */
export const pulseSource = `${sinkName}.monitor`;
/**
 * Where streams live on when somebody unloads the sink: PulseAudio moves them here, and back when there is a new
 * default sink. Always suspended otherwise.
 */
const spareSinkName = "streamspace_spare";
/** A sink that nobody plays to goes on for this long; PulseAudio counts in whole seconds. */
const suspendAfterS = 1;

/**
 * Channels of the sink. PulseAudio puts those of applications into this order by their names, whatever order they
 * have them in; of 5.1 it is GStreamer's, so that nothing needs to put them into another.
 */
const channelLayouts: Record<AudioChannels, string> = {
  2: "channels=2",
  6: "channels=6 channel_map=front-left,front-right,front-center,lfe,rear-left,rear-right",
};

/** The sink that a viewer's microphone is played to; programs record its monitor as {@link microphoneSource}. */
export const microphoneSink = "streamspace_microphone";
/** The source that programs of the session record by default, where the session has a microphone. */
export const microphoneSource = "microphone";

/**
 * Makes the microphone. Its sink renders silence while a program records and nobody speaks, and rests otherwise; nothing
 * of what the session plays is in it.
 *
 * Without rewinding it renders 50 ms at most in one piece; the ordinary two seconds are what a program would wait for its
 * first sample (measured: 1.7 s).
 *
 * A source of its own, since many programs do not list monitors; mono, since that is what browsers send.
 */
export function microphoneCommands(): string[] {
  return [
    `load-module module-null-sink sink_name=${microphoneSink} rate=48000 channels=1 norewinds=yes sink_properties=device.description=Microphone-Input`,
    `load-module module-remap-source master=${microphoneSink}.monitor source_name=${microphoneSource} source_properties=device.description=Microphone`,
  ];
}

/** The FIFO with the session's sound: 32-bit float, little endian, 48 kHz, as many channels as the sink has. */
export function soundFifo(paths: SessionPaths): string {
  return join(paths.pulse, "sound");
}

/** The socket for `SoundControl`. Like the FIFO it is safe in a directory of the user's own. */
export function soundControlSocket(paths: SessionPaths): string {
  return join(paths.pulse, "control");
}

/** Makes the sink that applications play to, and the default of it. */
export function sinkCommands(
  paths: SessionPaths,
  channels: AudioChannels,
  hasMicrophone: boolean,
): string[] {
  return [
    // Its pieces are 4,096 bytes: as floats 10.7 ms, half of what 16-bit samples would have to wait for.
    `load-module module-pipe-sink sink_name=${sinkName} file=${soundFifo(paths)} format=float32le rate=48000 ${channelLayouts[channels]} use_system_clock_for_timing=yes sink_properties=device.description=StreamSpace`,
    `set-default-sink ${sinkName}`,
    defaultSourceCommand(hasMicrophone),
  ];
}

/**
 * What programs of the session record unless they choose: what viewers say, and where nobody can say anything, what the
 * session plays.
 */
export function defaultSourceCommand(hasMicrophone: boolean): string {
  return `set-default-source ${hasMicrophone ? microphoneSource : pulseSource}`;
}

/** Plays a moment of silence, which proves that everything behind the sink works. */
export function wakeCommand(paths: SessionPaths): string {
  return `play-file ${silenceFile(paths)} ${sinkName}`;
}

/** What the sink does, or another, by an answer to `list-sinks`. */
export function sinkState(
  answer: string,
  name = sinkName,
): "missing" | "suspended" | "rendering" {
  const part = answer
    .split(/^\s*\*?\s*index: /m)
    .find((text) => text.includes(`name: <${name}>`));
  if (part === undefined) return "missing";
  return /^\s*state: SUSPENDED/m.test(part) ? "suspended" : "rendering";
}

/**
 * Settings for a sink with more channels than most programs have. By PulseAudio's default stereo comes out of all of
 * them but the lowest; mixed down again it would be twice as loud, and its sides would no longer be apart.
 */
const daemonSettings: Record<AudioChannels, string | undefined> = {
  2: undefined,
  6: "remixing-use-all-sink-channels = no\n",
};

/** Writes PulseAudio's settings where they differ from the machine's. @returns their file, for `PULSE_CONFIG`. */
export function writeDaemonSettings(
  paths: SessionPaths,
  channels: AudioChannels,
): string | undefined {
  const settings = daemonSettings[channels];
  if (settings === undefined) return undefined;
  const file = join(paths.pulse, "daemon.conf");
  keepFile(file, settings);
  return file;
}

/** Writes the commands that PulseAudio runs at its start. @returns their file. */
export function writeStartupScript(
  paths: SessionPaths,
  channels: AudioChannels,
  hasMicrophone: boolean,
): string {
  keepFile(silenceFile(paths), silence());
  const file = join(paths.pulse, "session.pa");
  const lines = [
    ".fail",
    `load-module module-native-protocol-unix auth-anonymous=1 auth-cookie-enabled=0 socket=${paths.pulseSocket}`,
    `load-module module-cli-protocol-unix socket=${soundControlSocket(paths)}`,
    `load-module module-suspend-on-idle timeout=${suspendAfterS}`,
    ...(hasMicrophone ? microphoneCommands() : []),
    ...sinkCommands(paths, channels, hasMicrophone),
    `load-module module-null-sink sink_name=${spareSinkName}`,
  ];
  keepFile(file, `${lines.join("\n")}\n`);
  return file;
}

function silenceFile(paths: SessionPaths): string {
  return join(paths.pulse, "silence.wav");
}

/** 100 ms of 16-bit mono at 48 kHz in a RIFF file. */
function silence(): Buffer {
  const rate = 48_000;
  const dataBytes = (rate / 10) * 2;
  const file = Buffer.alloc(44 + dataBytes);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(36 + dataBytes, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(dataBytes, 40);
  return file;
}
